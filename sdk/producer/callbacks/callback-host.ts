/** The callbacks of one producer, from its options to their end. */
import { KvsError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import type { ProducerOptions } from '../options.ts';
import type { ServiceCalls } from '../service-calls.ts';
import { CallbackCalls } from './callback-calls.ts';
import { CALLBACK_SETS } from './callback-options.ts';
import { ClientSession, type ClientSettings } from './client-session.ts';
import { DefaultCallbackProvider } from './default-provider.ts';
import { NotificationsOut } from './notifications-out.ts';
import { type PlatformCallbacks, platformFromCallbacks } from './platform-callbacks.ts';
import {
  CALLBACK_KINDS,
  type CallbackName,
  type CallbackProvider,
  checkCallbackProvider,
  isHeard,
} from './provider.ts';
import { ServiceCaller } from './service-caller.ts';
import { StreamNotifier } from './stream-notifier.ts';

/** The callbacks that the options name; undefined when they name none. Throws `KvsError` for those that cannot be. */
export function openCallbacks(platform: Platform, options: ProducerOptions): CallbackHost | undefined {
  const { callbackProvider } = options;
  const given = CALLBACK_SETS.filter((name) => options[name] !== undefined);
  if (callbackProvider !== undefined) {
    if (given.length > 0)
      throw new KvsError(
        STATUS.STATUS_INVALID_ARG,
        `Option ${given[0]} cannot be beside callbackProvider: add it there`,
      );
    checkCallbackProvider(callbackProvider);
    if (Object.keys(options.deviceTags ?? {}).length > 0 && callbackProvider.tagResource === undefined)
      throw new KvsError(
        STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING,
        'The callback tagResource is missing, and the device has tags',
      );
    return new CallbackHost(platform, callbackProvider, true, options);
  }
  if (given.length === 0) return undefined;
  const makesCalls = options.apiCallbacks !== undefined || options.authCallbacks !== undefined;
  return new CallbackHost(platform, new DefaultCallbackProvider(platform, options), makesCalls, options);
}

export class CallbackHost {
  readonly platform: Platform;
  /** Undefined: the service is called as AWS's API is. */
  readonly calls: ServiceCalls | undefined;
  readonly client: ClientSession | undefined;
  readonly #provider: CallbackProvider;
  readonly #out: NotificationsOut;
  readonly #notifiers = new Map<string, StreamNotifier>();

  /** `makesCalls`: the provider makes the service calls. */
  constructor(platform: Platform, provider: CallbackProvider, makesCalls: boolean, settings: ClientSettings) {
    this.#provider = provider;
    this.platform = platformFromCallbacks(platform, platformCallbacksOf(provider), (name, error) =>
      this.#onFailure(name, error),
    );
    const report = this.#onFailure.bind(this);
    this.#out = new NotificationsOut(provider, report);
    if (!makesCalls) return;
    const caller = new ServiceCaller(this.platform, report);
    this.client = new ClientSession(this.platform, provider, caller, report, settings);
    this.calls = new CallbackCalls(this.platform, provider, this.client, caller);
  }

  /** Streams can have tags: somebody sets them. */
  get canTag(): boolean {
    return this.calls === undefined || isHeard(this.#provider, 'tagResource');
  }

  /** Resolves when the client is ready. Rejects with `KvsError`, or the signal's reason; the client is then shut down. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.client?.start(signal);
    } catch (error) {
      await this.shutDown();
      throw error;
    }
    this.#out.send('clientReady');
  }

  notifierOf(streamName: string, stallTimeoutMs: number): StreamNotifier {
    const notifier = new StreamNotifier(this.#out, streamName, stallTimeoutMs);
    this.#notifiers.set(streamName, notifier);
    return notifier;
  }

  /** The stream has ended. */
  forget(streamName: string): void {
    this.#notifiers.delete(streamName);
  }

  /** Tells of the end, and frees the provider after that. */
  async shutDown(): Promise<void> {
    this.#out.send('clientShutdown');
    await Promise.resolve();
    try {
      this.#provider.free?.();
    } catch (error) {
      this.platform.log('error', 'The callback free failed', { error });
    }
  }

  #onFailure(callback: CallbackName, error: unknown, streamName?: string): void {
    const where = streamName === undefined ? {} : { stream: streamName };
    this.platform.log('error', `The callback ${callback} failed`, { ...where, error });
    if (streamName !== undefined) this.#notifiers.get(streamName)?.onCallbackFailed(callback, error);
  }
}

/** The platform callbacks that do something, bound to their provider. */
function platformCallbacksOf(provider: CallbackProvider): PlatformCallbacks {
  const names = (Object.keys(CALLBACK_KINDS) as CallbackName[]).filter(
    (name) => CALLBACK_KINDS[name] === 'platform' && isHeard(provider, name),
  );
  return Object.fromEntries(
    names.map((name) => [name, (provider[name] as (...args: unknown[]) => unknown).bind(provider)]),
  );
}
