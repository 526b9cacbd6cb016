/** The client above all streams: its authentication, and its start. Source: producer-core §6.4. */
import { Backoff, Deadline, delay } from '../../aws/backoff.ts';
import { type Cached, cached } from '../../aws/credentials.ts';
import { CredentialsError, KvsError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import { STATUS } from '../../status-codes.ts';
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
  }

  async #authenticate(): Promise<AuthInfo> {
    const token = authInfoOf('security-token', await this.#token('getSecurityToken'));
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
    const backoff = new Backoff(this.#platform);
    for (;;) {
      try {
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
      } catch (error) {
        if (signal.aborted || !(error instanceof KvsError) || !error.retryable || error instanceof CredentialsError)
          throw error;
        if (backoff.count >= RETRIES)
          throw new KvsError(
            STATUS.STATUS_CREATE_CLIENT_CALL_FAILED,
            `The device could not be created: ${error.message}`,
            {
              cause: error,
            },
          );
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
