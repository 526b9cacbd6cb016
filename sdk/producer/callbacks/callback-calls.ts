/** The engine's service calls, made by callbacks. */
import type { NewStream, StreamDescription } from '../../aws/control-api.ts';
import { serviceEndpoint } from '../../aws/endpoints.ts';
import type { CallOptions } from '../../aws/signed-call.ts';
import { KvsError } from '../../errors.ts';
import type { Platform, PlatformRequest, PlatformResponse } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import { abortable } from '../abortable.ts';
import type { PreparedUpload, ServiceCalls, UploadStart } from '../service-calls.ts';
import { authInfoOf, NO_AUTH } from './auth-info.ts';
import type { ClientSession } from './client-session.ts';
import type { CallbackName, CallbackProvider } from './provider.ts';
import type { AuthInfo } from './service-call.ts';
import type { CallFrame, ServiceCaller } from './service-caller.ts';

const US_PER_HOUR = 3_600_000_000;
/** A streaming token lives at least this long. Source: c-producer §4. */
const MIN_TOKEN_LIFE_US = 30_000_000;
const MAX_ARN_LENGTH = 2048;
const MAX_ENDPOINT_LENGTH = 10_000;
const STREAM_STATUSES: readonly unknown[] = ['CREATING', 'ACTIVE', 'UPDATING', 'DELETING'];

export class CallbackCalls implements ServiceCalls {
  readonly #platform: Platform;
  readonly #provider: CallbackProvider;
  readonly #client: ClientSession;
  readonly #caller: ServiceCaller;

  constructor(platform: Platform, provider: CallbackProvider, client: ClientSession, caller: ServiceCaller) {
    this.#platform = platform;
    this.#provider = provider;
    this.#client = client;
    this.#caller = caller;
  }

  async describeStream(streamName: string, options: CallOptions): Promise<StreamDescription> {
    const frame = await this.#frame('describeStream', 'DescribeStream', streamName, options);
    const { description } = await this.#caller.call(frame, (context) =>
      this.#provider.describeStream({ streamName, context }),
    );
    if (!isText(description?.streamArn, MAX_ARN_LENGTH) || !STREAM_STATUSES.includes(description?.status))
      throw new KvsError(
        STATUS.STATUS_INVALID_DESCRIBE_STREAM_RESPONSE,
        `describeStream gave no usable description of ${streamName}`,
      );
    return description as StreamDescription;
  }

  async createStream(stream: NewStream, options: CallOptions): Promise<string> {
    const { streamName, mediaType: contentType, kmsKeyId, retentionHours } = stream;
    const frame = await this.#frame('createStream', 'CreateStream', streamName, options);
    const call = {
      deviceName: this.#client.deviceName,
      streamName,
      contentType,
      kmsKeyId,
      retentionUs: retentionHours * US_PER_HOUR,
    };
    const { streamArn } = await this.#caller.call(frame, (context) =>
      this.#provider.createStream({ ...call, context }),
    );
    if (!isText(streamArn, MAX_ARN_LENGTH))
      throw new KvsError(STATUS.STATUS_INVALID_CREATE_STREAM_RESPONSE, `createStream gave no ARN for ${streamName}`);
    return streamArn as string;
  }

  async tagStream(
    streamName: string,
    streamArn: string,
    tags: Readonly<Record<string, string>>,
    options: CallOptions,
  ): Promise<void> {
    const frame = await this.#frame('tagResource', 'TagStream', streamName, options);
    await this.#caller.call(frame, (context) => this.#provider.tagResource?.({ streamName, streamArn, tags, context }));
  }

  async getDataEndpoint(streamName: string, options: CallOptions): Promise<string> {
    const frame = await this.#frame('getStreamingEndpoint', 'GetDataEndpoint', streamName, options);
    const { endpoint } = await this.#caller.call(frame, (context) =>
      this.#provider.getStreamingEndpoint({ streamName, apiName: 'PUT_MEDIA', context }),
    );
    try {
      if (isText(endpoint, MAX_ENDPOINT_LENGTH)) return serviceEndpoint(endpoint as string);
    } catch {
      // Told below, together with one that is too long.
    }
    throw new KvsError(STATUS.STATUS_INVALID_URI_LEN, `getStreamingEndpoint gave no usable URL for ${streamName}`);
  }

  async prepareUpload(upload: UploadStart, options: CallOptions): Promise<PreparedUpload> {
    const authInfo = await this.#streamingToken(upload.streamName, options);
    return {
      request: { method: 'POST', url: upload.endpoint, headers: {} },
      transport: {
        now: () => this.#platform.now(),
        setTimer: (delayMs, callback) => this.#platform.setTimer(delayMs, callback),
        fetch: (request) => this.#put(upload, authInfo, request),
      },
      expiresAtMs: authInfo.expiresAtUs / 1000,
    };
  }

  async uploadExpiresAtMs(streamName: string, options: CallOptions): Promise<number> {
    return (await this.#streamingToken(streamName, options)).expiresAtUs / 1000;
  }

  async #put(upload: UploadStart, authInfo: AuthInfo, { body, signal }: PlatformRequest): Promise<PlatformResponse> {
    const { streamName, startUs, timecodeType, fragmentAcks, endpoint, uploadHandle } = upload;
    const frame: CallFrame = {
      callback: 'putStream',
      operation: 'PutMedia',
      customData: streamName,
      authInfo,
      signal,
      timeoutMs: Infinity,
    };
    const { acks = null } = await this.#caller.call(frame, (context) =>
      this.#provider.putStream({
        streamName,
        containerType: 'video/x-matroska',
        startTimestampUs: startUs,
        absoluteFragmentTimes: timecodeType === 'absolute',
        fragmentAcks,
        endpoint,
        uploadHandle,
        body: body as ReadableStream<Uint8Array>,
        context,
      }),
    );
    return { status: 200, header: () => null, body: acks };
  }

  async #streamingToken(streamName: string, options: CallOptions): Promise<AuthInfo> {
    const frame = await this.#frame('getStreamingToken', 'GetStreamingToken', streamName, options);
    const { token = NO_AUTH.data, expiresAtUs = Infinity } = await this.#caller.call(frame, (context) =>
      this.#provider.getStreamingToken({ streamName, context }),
    );
    if (expiresAtUs < this.#platform.now() * 1000 + MIN_TOKEN_LIFE_US)
      throw new KvsError(
        STATUS.STATUS_INVALID_TOKEN_EXPIRATION,
        `The streaming token of ${streamName} expires within ${MIN_TOKEN_LIFE_US / 1e6} s`,
      );
    return authInfoOf('security-token', { data: token, expiresAtUs });
  }

  async #frame(
    callback: CallbackName,
    operation: string,
    streamName: string,
    options: CallOptions,
  ): Promise<CallFrame> {
    const authInfo = await abortable(this.#client.authInfo(), options.signal);
    const { signal, timeoutMs } = options;
    return { callback, operation, customData: streamName, authInfo, signal, timeoutMs };
  }
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= maxLength;
}
