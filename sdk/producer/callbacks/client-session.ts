/**
 * The client above all streams: its authentication, and its start. Source: producer-core §6.4.
 *
 *     security token ──────────────┬─▶ createDevice ─▶ ready ─▶ (the token expires) ─▶ security token …
 *     certificate ─▶ its token ────┘
 */
import { Backoff, Deadline, delay } from '../../aws/backoff.ts';
import { type Cached, cached } from '../../aws/credentials.ts';
import { CredentialsError, KvsError, ServiceCallError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import * as SERVICE_RESULT from '../../service-results.ts';
import { abortable } from '../abortable.ts';
import { authInfoOf, NO_AUTH } from './auth-info.ts';
import { type CallbackProvider, isHeard } from './provider.ts';
import type { AuthInfo, AuthToken } from './service-call.ts';
import type { FailureReport, ServiceCaller } from './service-caller.ts';

/** The C++ library's. */
const DEVICE_NAME = 'Kinesis_Video_Device';
/** Native limits. Source: producer-core §6.2, §6.4. */
const START_TIMEOUT_MS = 15_000;
const RETRIES = 5;
const MAX_FINGERPRINT_LENGTH = 32;
const MAX_ARN_LENGTH = 2048;
/** A client token that lives no longer than this is asked for again, milliseconds. Source: producer-core §6.4. */
const MIN_TOKEN_LIFE_MS = 30_000;

export interface ClientSettings {
  /** What callbacks hear of the device. @default 'Kinesis_Video_Device' */
  readonly deviceName?: string | undefined;
  /** Limit for the start, milliseconds. @default 15 000 */
  readonly startTimeoutMs?: number | undefined;
}

interface Held {
  readonly authInfo: AuthInfo;
  readonly expiresAtMs: number;
}

export class ClientSession {
  readonly deviceName: string;
  readonly #startTimeoutMs: number;
  readonly #platform: Platform;
  readonly #provider: CallbackProvider;
  readonly #caller: ServiceCaller;
  readonly #report: FailureReport;
  readonly #held: Cached<Held>;

  constructor(
    platform: Platform,
    provider: CallbackProvider,
    caller: ServiceCaller,
    report: FailureReport,
    settings: ClientSettings = {},
  ) {
    this.deviceName = settings.deviceName ?? DEVICE_NAME;
    this.#startTimeoutMs = settings.startTimeoutMs ?? START_TIMEOUT_MS;
    this.#platform = platform;
    this.#provider = provider;
    this.#caller = caller;
    this.#report = report;
    this.#held = cached(platform, async () => {
      const authInfo = await this.#authenticate();
      return { authInfo, expiresAtMs: authInfo.expiresAtUs / 1000 };
    });
  }

  /** Authenticates and creates the device. Rejects with `KvsError`, within the start timeout, or the signal's reason. */
  async start(outer?: AbortSignal): Promise<void> {
    const startTimeoutMs = this.#startTimeoutMs;
    const deadline = new Deadline(this.#platform, startTimeoutMs, outer);
    try {
      await this.#createDevice(deadline.signal);
    } catch (error) {
      if (!deadline.expired) throw error;
      throw new KvsError(STATUS.STATUS_OPERATION_TIMED_OUT, `The client was not ready within ${startTimeoutMs} ms`, {
        cause: error,
      });
    } finally {
      deadline.clear();
    }
  }

  /** The client's token, from the cache until it is about to expire. Rejects with `KvsError`. */
  async authInfo(): Promise<AuthInfo> {
    try {
      return (await this.#held()).authInfo;
    } catch (error) {
      throw error instanceof CredentialsError && error.cause instanceof KvsError ? error.cause : error;
    }
  }

  /** The service refused the token. */
  invalidate(): void {
    this.#held.invalidate();
    this.#provider.forgetCredentials?.();
  }

  async #authenticate(): Promise<AuthInfo> {
    const token = await this.#lastingToken();
    if (token.type !== 'none') return token;
    const certificate = authInfoOf('device-certificate', await this.#token('getDeviceCertificate'));
    if (certificate.type !== 'none') return this.#exchange(certificate);
    const fingerprint = await this.#guard('getDeviceFingerprint', () => this.#provider.getDeviceFingerprint?.());
    if (fingerprint !== undefined && fingerprint.length > MAX_FINGERPRINT_LENGTH)
      throw new KvsError(
        STATUS.STATUS_DEVICE_FINGERPRINT_LENGTH,
        `The device fingerprint is longer than ${MAX_FINGERPRINT_LENGTH} characters`,
      );
    // As natively, where provisioning a device ends here too.
    throw new KvsError(
      STATUS.STATUS_CLIENT_PROVISION_CALL_FAILED,
      'No callback gives a security token or a device certificate',
    );
  }

  /** Asks again at once for a token that is about to expire: its source may have been about to renew it. */
  async #lastingToken(): Promise<AuthInfo> {
    for (let asked = 0; asked <= RETRIES; asked++) {
      const token = authInfoOf('security-token', await this.#token('getSecurityToken'));
      if (token.expiresAtUs / 1000 >= this.#platform.now() + MIN_TOKEN_LIFE_MS) return token;
    }
    throw new CredentialsError(`the security token expires within ${MIN_TOKEN_LIFE_MS / 1000} s`);
  }

  async #exchange(certificate: AuthInfo): Promise<AuthInfo> {
    if (!isHeard(this.#provider, 'deviceCertToToken'))
      throw new KvsError(STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING, 'The callback deviceCertToToken is missing');
    const frame = {
      callback: 'deviceCertToToken',
      operation: 'DeviceCertToToken',
      customData: this.deviceName,
      authInfo: certificate,
    } as const;
    const { token, expiresAtUs } = await this.#caller.call(frame, (context) =>
      this.#provider.deviceCertToToken?.({ deviceName: this.deviceName, context }),
    );
    const data = token ?? NO_AUTH.data;
    return authInfoOf('security-token', { data, ...(expiresAtUs === undefined ? {} : { expiresAtUs }) });
  }

  async #createDevice(signal: AbortSignal): Promise<void> {
    // In front, because exchanging a certificate has a limit and a status of its own; what comes of it is kept.
    await this.#retrying(STATUS.STATUS_GET_CLIENT_TOKEN_CALL_FAILED, signal, () => this.authInfo());
    await this.#retrying(STATUS.STATUS_CREATE_CLIENT_CALL_FAILED, signal, async () => {
      const authInfo = await abortable(this.authInfo(), signal);
      const frame = {
        callback: 'createDevice',
        operation: 'CreateDevice',
        customData: this.deviceName,
        authInfo,
        signal,
      } as const;
      const { deviceArn = '' } = await this.#caller.call(frame, (context) =>
        this.#provider.createDevice({ deviceName: this.deviceName, context }),
      );
      if (deviceArn.length >= 1 && deviceArn.length <= MAX_ARN_LENGTH) return;
      throw new KvsError(
        STATUS.STATUS_INVALID_CREATE_DEVICE_RESPONSE,
        `createDevice gave an ARN of ${deviceArn.length} characters: 1 to ${MAX_ARN_LENGTH} are expected`,
      );
    });
  }

  /** One call until it succeeds; after five retries its native status. What no retry can help, and what no call gave, is thrown as it is. */
  async #retrying(status: number, signal: AbortSignal, call: () => Promise<unknown>): Promise<void> {
    const backoff = new Backoff(this.#platform);
    for (;;) {
      try {
        await abortable(call(), signal);
        return;
      } catch (error) {
        if (signal.aborted || !(error instanceof ServiceCallError) || !isRepeated(error)) throw error;
        if (backoff.count >= RETRIES)
          throw new KvsError(status, `The client could not be started: ${error.message}`, { cause: error });
        await delay(this.#platform, backoff.nextMs(), signal);
      }
    }
  }

  #token(name: 'getSecurityToken' | 'getDeviceCertificate'): Promise<AuthToken | undefined> {
    return this.#guard(name, () => this.#provider[name]?.());
  }

  async #guard<T>(
    name: 'getSecurityToken' | 'getDeviceCertificate' | 'getDeviceFingerprint',
    ask: () => T,
  ): Promise<Awaited<T> | undefined> {
    if (!isHeard(this.#provider, name)) return undefined;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof KvsError)) this.#report(name, error);
      throw error;
    }
  }
}

/** A device that is not found is asked for again, as natively: the service may just not know it yet. */
function isRepeated({ retryable, result }: ServiceCallError): boolean {
  return retryable || result === SERVICE_RESULT.RESOURCE_NOT_FOUND;
}
