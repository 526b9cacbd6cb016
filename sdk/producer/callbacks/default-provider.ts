/** The callbacks as they are unless an application replaces them, with chains for what it adds. */
import { credentialProvider, isCached } from '../../aws/credentials.ts';
import { KvsError } from '../../errors.ts';
import type { CredentialProvider, Credentials, Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import * as SERVICE_RESULT from '../../service-results.ts';
import { AsyncLock } from './async-lock.ts';
import { credentialsToToken } from './auth-info.ts';
import { CallbackChain, DEFAULT_CHAIN_LENGTH, MAX_CHAIN_LENGTH } from './chain.ts';
import { type DefaultApiOptions, defaultApiCallbacks } from './default-api.ts';
import type * as N from './notifications.ts';
import { type LogLine, type MutexHandle, type PlatformCallbacks, platformFromCallbacks } from './platform-callbacks.ts';
import { CALLBACK_KINDS, type CallbackName, type CallbackProvider } from './provider.ts';
import type * as S from './service-call.ts';

/** One provider, or several that are called one after another. */
export type OneOrMany<T> = T | readonly T[];

/** What is added to the defaults. */
export interface CallbackSet {
  /** Notifications of the producer. */
  readonly clientCallbacks?: OneOrMany<N.ClientCallbackProvider>;
  /** Notifications of its streams. */
  readonly streamCallbacks?: OneOrMany<N.StreamCallbackProvider>;
  /** Service calls; the defaults make those that none of these answers. */
  readonly apiCallbacks?: OneOrMany<S.ApiCallbacks>;
  /** Tokens; the credentials give those that none of these answers. */
  readonly authCallbacks?: OneOrMany<S.AuthCallbacks>;
  /** Clock, random numbers, mutexes and log: one provider, no chain. */
  readonly platformCallbacks?: PlatformCallbacks;
}

export interface DefaultCallbackOptions extends DefaultApiOptions, CallbackSet {
  /** null: tokens come from auth callbacks alone. @default the platform's own chain */
  readonly credentials?: CredentialProvider | Credentials | null | undefined;
  /** Providers that a chain can hold, 1…19. @default 5 */
  readonly chainLength?: number;
}

const many = <T>(given: OneOrMany<T> | undefined): readonly T[] =>
  given === undefined ? [] : Array.isArray(given) ? (given as readonly T[]) : [given as T];

/**
 * Every callback with its default. To replace one, extend the class and override it, or add a provider that has it: those added are
 * asked in the order of adding, and the default only where none answers.
 */
export class DefaultCallbackProvider implements CallbackProvider {
  readonly #platform: Platform;
  readonly #client: CallbackChain<N.ClientCallbackProvider>;
  readonly #stream: CallbackChain<N.StreamCallbackProvider>;
  readonly #api: CallbackChain<S.ApiCallbacks>;
  readonly #auth: CallbackChain<S.AuthCallbacks>;
  readonly #defaultApi: Required<Omit<S.ApiCallbacks, 'free'>>;
  readonly #credentials: CredentialProvider | undefined;
  #platformCallbacks: PlatformCallbacks;

  /** Throws `KvsError` for options that cannot be, or more providers than a chain holds. */
  constructor(platform: Platform, options: DefaultCallbackOptions = {}) {
    const { credentials = platform.credentials, chainLength = DEFAULT_CHAIN_LENGTH } = options;
    if (!Number.isInteger(chainLength) || chainLength < 1 || chainLength > MAX_CHAIN_LENGTH)
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `chainLength is ${chainLength}: expected 1 to ${MAX_CHAIN_LENGTH}`);
    this.#platform = platform;
    this.#client = new CallbackChain(chainLength, 'STATUS_DUPLICATE_PRODUCER_CALLBACK_FREE_FUNC');
    this.#stream = new CallbackChain(chainLength, 'STATUS_DUPLICATE_STREAM_CALLBACK_FREE_FUNC');
    this.#api = new CallbackChain(chainLength, 'STATUS_DUPLICATE_API_CALLBACK_FREE_FUNC');
    this.#auth = new CallbackChain(chainLength, 'STATUS_DUPLICATE_AUTH_CALLBACK_FREE_FUNC');
    const clock = { getCurrentTime: () => this.getCurrentTime() };
    this.#defaultApi = defaultApiCallbacks(platformFromCallbacks(platform, clock), options);
    this.#credentials = credentials === null ? undefined : credentialProvider(credentials);
    this.#platformCallbacks = options.platformCallbacks ?? {};
    many(options.clientCallbacks).forEach((each) => this.addClientCallbacks(each));
    many(options.streamCallbacks).forEach((each) => this.addStreamCallbacks(each));
    many(options.apiCallbacks).forEach((each) => this.addApiCallbacks(each));
    many(options.authCallbacks).forEach((each) => this.addAuthCallbacks(each));
  }

  /** Adds to a chain, before the producer is made. Throws `KvsError` when it is full or has this provider already. */
  addClientCallbacks(callbacks: N.ClientCallbackProvider): this {
    this.#client.add(callbacks);
    return this;
  }

  addStreamCallbacks(callbacks: N.StreamCallbackProvider): this {
    this.#stream.add(callbacks);
    return this;
  }

  addApiCallbacks(callbacks: S.ApiCallbacks): this {
    this.#api.add(callbacks);
    return this;
  }

  addAuthCallbacks(callbacks: S.AuthCallbacks): this {
    this.#auth.add(callbacks);
    return this;
  }

  /** Replaces the platform callbacks: they have one place, no chain. */
  setPlatformCallbacks(callbacks: PlatformCallbacks): this {
    this.#platformCallbacks = callbacks;
    return this;
  }

  hears(name: CallbackName): boolean {
    if (this[name] !== DefaultCallbackProvider.prototype[name]) return true;
    switch (CALLBACK_KINDS[name]) {
      case 'client':
        return this.#client.hears(name as keyof N.ClientCallbackProvider);
      case 'stream':
        return this.#stream.hears(name as keyof N.StreamCallbackProvider);
      case 'platform':
        return this.#platformCallbacks[name as keyof PlatformCallbacks] !== undefined;
      case 'auth':
      case 'api':
        return true;
    }
  }

  forgetCredentials(): void {
    if (this.#credentials !== undefined && isCached(this.#credentials)) this.#credentials.invalidate();
  }

  /** Frees the providers, in the order platform, client, stream, auth, api. */
  free(): void {
    const errors: unknown[] = [];
    for (const chain of [this.#client, this.#stream, this.#auth, this.#api]) {
      try {
        chain.free();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  async createDevice(call: S.CreateDeviceCall): Promise<S.CreateDeviceResult | undefined> {
    return (await this.#api.ask<S.CreateDeviceResult>('createDevice', call)) ?? this.#defaultApi.createDevice(call);
  }
  async createStream(call: S.CreateStreamCall): Promise<S.CreateStreamResult | undefined> {
    return (await this.#api.ask<S.CreateStreamResult>('createStream', call)) ?? this.#defaultApi.createStream(call);
  }
  async describeStream(call: S.StreamCall): Promise<S.DescribeStreamResult | undefined> {
    return (
      (await this.#api.ask<S.DescribeStreamResult>('describeStream', call)) ?? this.#defaultApi.describeStream(call)
    );
  }
  async getStreamingEndpoint(call: S.GetStreamingEndpointCall): Promise<S.GetStreamingEndpointResult | undefined> {
    const answer = await this.#api.ask<S.GetStreamingEndpointResult>('getStreamingEndpoint', call);
    return answer ?? this.#defaultApi.getStreamingEndpoint(call);
  }
  async putStream(call: S.PutStreamCall): Promise<S.PutStreamResult | undefined> {
    return (await this.#api.ask<S.PutStreamResult>('putStream', call)) ?? this.#defaultApi.putStream(call);
  }
  async tagResource(call: S.TagResourceCall): Promise<S.ServiceCallResult | undefined> {
    return (await this.#api.ask<S.ServiceCallResult>('tagResource', call)) ?? this.#defaultApi.tagResource(call);
  }

  async getSecurityToken(): Promise<S.AuthToken | undefined> {
    const answer = await this.#auth.ask<S.AuthToken>('getSecurityToken');
    return answer ?? (this.#credentials === undefined ? undefined : credentialsToToken(await this.#credentials()));
  }
  getDeviceCertificate(): Promise<S.AuthToken | undefined> {
    return this.#auth.ask('getDeviceCertificate');
  }
  deviceCertToToken(call: S.DeviceCertToTokenCall): Promise<S.TokenResult | undefined> {
    return this.#auth.ask('deviceCertToToken', call);
  }
  getDeviceFingerprint(): Promise<string | undefined> {
    return this.#auth.ask('getDeviceFingerprint');
  }
  /** By default the client's own token. */
  async getStreamingToken(call: S.StreamCall): Promise<S.TokenResult | undefined> {
    const { data: token, expiresAtUs } = call.context.authInfo;
    const answer = await this.#auth.ask<S.TokenResult>('getStreamingToken', call);
    return answer ?? { result: SERVICE_RESULT.OK, token, expiresAtUs };
  }

  clientReady(): N.NotificationAnswer {
    return this.#client.notify('clientReady');
  }
  storageOverflowPressure(report: N.StorageOverflowReport): N.NotificationAnswer {
    return this.#client.notify('storageOverflowPressure', report);
  }
  clientShutdown(): N.NotificationAnswer {
    return this.#client.notify('clientShutdown');
  }

  streamUnderflowReport(report: N.StreamReport): N.NotificationAnswer {
    return this.#stream.notify('streamUnderflowReport', report);
  }
  bufferDurationOverflowPressure(report: N.BufferPressureReport): N.NotificationAnswer {
    return this.#stream.notify('bufferDurationOverflowPressure', report);
  }
  streamLatencyPressure(report: N.LatencyPressureReport): N.NotificationAnswer {
    return this.#stream.notify('streamLatencyPressure', report);
  }
  streamConnectionStale(report: N.ConnectionStaleReport): N.NotificationAnswer {
    return this.#stream.notify('streamConnectionStale', report);
  }
  droppedFrameReport(report: N.DroppedFrameReport): N.NotificationAnswer {
    return this.#stream.notify('droppedFrameReport', report);
  }
  droppedFragmentReport(report: N.DroppedFragmentReport): N.NotificationAnswer {
    return this.#stream.notify('droppedFragmentReport', report);
  }
  streamErrorReport(report: N.StreamErrorReport): N.NotificationAnswer {
    return this.#stream.notify('streamErrorReport', report);
  }
  fragmentAckReceived(report: N.FragmentAckReport): N.NotificationAnswer {
    return this.#stream.notify('fragmentAckReceived', report);
  }
  streamDataAvailable(report: N.DataAvailableReport): N.NotificationAnswer {
    return this.#stream.notify('streamDataAvailable', report);
  }
  streamReady(report: N.StreamReport): N.NotificationAnswer {
    return this.#stream.notify('streamReady', report);
  }
  streamClosed(report: N.UploadReport): N.NotificationAnswer {
    return this.#stream.notify('streamClosed', report);
  }
  streamShutdown(report: N.StreamShutdownReport): N.NotificationAnswer {
    return this.#stream.notify('streamShutdown', report);
  }

  getCurrentTime(): number {
    return this.#platformCallbacks.getCurrentTime?.() ?? Math.round(this.#platform.now() * 1000);
  }
  /** From 0 to 2^31 − 1 by default. */
  getRandomNumber(): number {
    const given = this.#platformCallbacks.getRandomNumber?.();
    if (given !== undefined) return given;
    return new DataView(this.#platform.randomBytes(4).slice().buffer).getUint32(0) >>> 1;
  }
  createMutex(reentrant: boolean): MutexHandle {
    const callbacks = this.#platformCallbacks;
    return callbacks.createMutex === undefined ? new AsyncLock() : callbacks.createMutex(reentrant);
  }
  lockMutex(mutex: MutexHandle): void | Promise<void> {
    return mutex instanceof AsyncLock ? mutex.lock() : this.#platformCallbacks.lockMutex?.(mutex);
  }
  unlockMutex(mutex: MutexHandle): void {
    if (mutex instanceof AsyncLock) mutex.unlock();
    else this.#platformCallbacks.unlockMutex?.(mutex);
  }
  tryLockMutex(mutex: MutexHandle): boolean {
    return mutex instanceof AsyncLock ? mutex.tryLock() : (this.#platformCallbacks.tryLockMutex?.(mutex) ?? false);
  }
  freeMutex(mutex: MutexHandle): void {
    this.#platformCallbacks.freeMutex?.(mutex);
  }
  logPrint(line: LogLine): void {
    const callbacks = this.#platformCallbacks;
    if (callbacks.logPrint !== undefined) return callbacks.logPrint(line);
    const level = line.level <= 2 ? 'debug' : line.level === 3 ? 'info' : line.level === 4 ? 'warn' : 'error';
    this.#platform.log(level, line.message, line.fields);
  }
}
