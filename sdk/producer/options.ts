/** What an application says to a producer: its options, and the frames it puts. */
import type { CredentialProvider, Credentials } from '../platform.ts';
import type { CallbackSet } from './callbacks/default-provider.ts';
import type { CallbackProvider } from './callbacks/provider.ts';
import type { CodecName } from './frames/codecs.ts';
import type { RetryOptions, RetryStrategy } from './recovery/retry-strategy.ts';

export interface ProducerOptions extends CallbackSet {
  /** AWS region. @default AWS_REGION or AWS_DEFAULT_REGION of the environment, else 'us-west-2' */
  readonly region?: string;
  /**
   * Control-plane URL.
   * @default AWS_ENDPOINT_URL_KINESIS_VIDEO or AWS_ENDPOINT_URL of the environment, else the region's AWS endpoint
   */
  readonly endpoint?: string;
  /** AWS's endpoint that IPv6 reaches too; not beside `endpoint`. @default AWS_USE_DUALSTACK_ENDPOINT of the environment, else false */
  readonly dualStack?: boolean;
  /**
   * AWS's endpoint with validated cryptography; not beside `endpoint`.
   * @default AWS_USE_FIPS_ENDPOINT of the environment, else true in GovCloud and the isolated US regions alone
   */
  readonly fips?: boolean;
  /** Stands for `penstock` at the beginning of the header User-Agent: 1…32 characters. @default 'penstock' */
  readonly userAgentName?: string;
  /** Stands at the end of that header: 1…128 characters. @default none */
  readonly userAgentSuffix?: string;
  /** Fixed credentials or a provider; what a provider gives is cached. @default the runtime's own chain */
  readonly credentials?: CredentialProvider | Credentials;
  /**
   * Size of the content store that all streams of the producer share, bytes; reserved at once. A stream whose link is dead keeps
   * what it has not sent, and may come to hold all of it: then the puts of every other stream wait too, which their `store-full`
   * events tell. Streams that must not depend on each other belong to producers of their own. @default 32 MiB
   */
  readonly storeBytes?: number;
  /** Streams that may be open at once, 1…1 000 000; the core has room for about a thousand. @default 128 */
  readonly maxStreams?: number;
  /**
   * Name of the device, 1…128 characters: what callbacks hear, and what CreateStream tells the service where it is given.
   * @default 'Kinesis_Video_Device'
   */
  readonly deviceName?: string;
  /** Stands behind the name of the producer in the headers of its streams (MuxingApp, WritingApp); at most 64 bytes of UTF-8. @default none */
  readonly clientId?: string;
  /** Checked as `tags` are and kept to oneself, as natively: the service has no tags of devices. @default none */
  readonly deviceTags?: Readonly<Record<string, string>>;
  /** Limit for the client to authenticate and to create its device, where callbacks do that; milliseconds. @default 15 000 */
  readonly startTimeoutMs?: number;
  /**
   * Makes every service call and hears every notification. It stands for region, endpoint and credentials, and for the other callback
   * options, which a `DefaultCallbackProvider` takes itself. @default none: notifications go to the callbacks given, and the service
   * is called as AWS's API is
   */
  readonly callbackProvider?: CallbackProvider;
  /**
   * Whether frames may be put from other threads, by `ProducerStream.share`: the core then lies in memory that threads share. Refused with
   * STATUS_NOT_IMPLEMENTED where the runtime has none. @default false
   */
  readonly sharedMemory?: boolean;
  /** Aborts the producer: every stream ends at once, without draining. */
  readonly signal?: AbortSignal;
}

/** How the NAL units of a video frame are delimited: by start codes, or by four-byte lengths. */
export type Framing = 'annexb' | 'avcc';

export interface TrackOptions {
  readonly kind: 'video' | 'audio' | 'data';
  /** A codec of the table, or any other with its own `codecId` and `contentType`. */
  readonly codec: CodecName | (string & {});
  /** 1…126, different for each track; frames name their track by it. @default the track's position in `tracks`, from 1 */
  readonly trackNumber?: number;
  /** TrackUID, 1…2^64 − 1, different for each track; as a number up to 2^53 − 1. @default the track number */
  readonly trackId?: number | bigint;
  /** Matroska codec id, for codecs outside the table; at most 32 bytes of UTF-8. */
  readonly codecId?: string;
  /** Media type `type/subtype`, for codecs outside the table. */
  readonly contentType?: string;
  /** Video only. @default detected on the track's first frame */
  readonly framing?: Framing;
  /** Parameter sets, AudioSpecificConfig or the like. @default found in the first key frame (H.264), made from the audio fields (AAC) */
  readonly codecPrivateData?: Uint8Array;
  /** At most 32 bytes of UTF-8. @default 'kvs_video_track', 'kvs_audio_track' or 'kvs_data_track' */
  readonly name?: string;
  /** Picture size, pixels, 1…65535. @default read from the codec private data */
  readonly width?: number;
  readonly height?: number;
  /** Samples a second. */
  readonly sampleRate?: number;
  /** 1…255, like the bit depth. */
  readonly channels?: number;
  readonly bitDepth?: number;
}

/** Where fragments begin. */
export interface FragmentationOptions {
  /** `key-frame`: at every key frame. `duration`: at the first key frame after `durationMs`. */
  readonly mode: 'key-frame' | 'duration';
  /** Milliseconds, 1 000…30 000. @default 2 000 */
  readonly durationMs?: number;
}

export interface StreamOptions {
  /** One to three tracks; a frame names its track by its `trackNumber`, which is the position unless stated. */
  readonly tracks: readonly TrackOptions[];
  /** Creates the stream when the service does not know it. @default true */
  readonly createIfMissing?: boolean;
  /** Retention of a stream that is created, hours. 0 keeps nothing: RECEIVED is then the last ack. @default 24 */
  readonly retentionHours?: number;
  /** KMS key of a stream that is created, 1…2048 characters. @default the service's own key */
  readonly kmsKeyId?: string;
  /** Set on the stream when it is opened: at most 50, names of 1…128 characters, values of at most 1024. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * `realtime` and `near-realtime` may lose frames where other options say so, and differ in how callbacks hear of it: a `droppedFrameReport`
   * for each frame, a `droppedFragmentReport` for each fragment. `offline` loses none: a put waits for room in store and buffer duration,
   * everything that is not PERSISTED is sent again, and neither pressure nor latency nor staleness are told; it takes no notice of `whenFull`,
   * `maxLatencyUs`, `connectionStalenessMs` and `rollBack`, and needs a retention. @default 'realtime'
   */
  readonly streamingType?: 'realtime' | 'near-realtime' | 'offline';
  /**
   * What a put does when the store is full. `wait`: it waits until acks free room, which may come from any stream of the producer.
   * `drop-oldest`: gives up this stream's own oldest fragments, each told by a `frames-dropped` event; the open one is ended, and frames up to
   * the next key frame are dropped too, where nothing else can go. `reject`: rejects at once with `StoreFullError`. @default 'wait'
   */
  readonly whenFull?: 'wait' | 'drop-oldest' | 'reject';
  /**
   * How long a put waits for room at most, milliseconds up to a day; it then rejects with `StoreWaitTimeoutError`, and its frame is not stored.
   * @default no limit: an outage is no reason to lose what waits, and a signal ends a wait as well
   */
  readonly bufferAvailabilityTimeoutMs?: number;
  /**
   * Media that the stream keeps at most, microseconds from one second up to a day: before a frame is put behind as much, the oldest fragments
   * are given up until less is left, each told by a `frames-dropped` event. The fragment that is being sent stays, and so does the open one.
   * With `streamingType: 'offline'` the put waits instead.
   * @default no limit but the store
   */
  readonly bufferDurationUs?: number;
  /** Media waiting to be sent that is told by a `latency-pressure` event, microseconds. @default 85 % of `bufferDurationUs`; without that, never */
  readonly maxLatencyUs?: number;
  /**
   * What is sent again after a lost connection. `unpersisted`: all that was not PERSISTED, so that nothing is lost. `native`: as the native
   * producer does, what lies behind the last RECEIVED fragment, or after a host that died the last `replayDurationUs`; older fragments are
   * given up, each loss told by a `frames-dropped` event, and `flush` and `stop` reject for it. After a timeout with everything sent it
   * waits for the next key frame. @default 'unpersisted'
   */
  readonly rollBack?: 'unpersisted' | 'native';
  /**
   * How far `rollBack: 'native'` goes back at most, media time in microseconds up to a day; 0 sends nothing twice but a fragment that was
   * begun. @default half of `bufferDurationUs`, or 60 s
   */
  readonly replayDurationUs?: number;
  /** Whether cluster timecodes count from the epoch, or from the stream's first frame. @default 'absolute' */
  readonly timecodeType?: 'absolute' | 'relative';
  /** SegmentUUID of every header of the stream: 16 bytes, not all zero. @default random */
  readonly segmentUuid?: Uint8Array;
  /** @default key frames with a video track, two seconds without */
  readonly fragmentation?: FragmentationOptions;
  /**
   * Order in which the frames of several tracks go into the stream. `as-put`: in that of the puts. `decode-time`, `presentation-time`: by their
   * decode or presentation time, so that tracks may be put unevenly: frames wait in the store until every track has one, and of equal times
   * (to the millisecond) of tracks of different kinds the second is moved by a millisecond. A frame before its track's last, or before
   * what has gone on already, is refused with `InvalidFrameError`. When 61 frames of a track wait, or what waits fills the store, the earliest
   * go on all the same, told by `track-silent`; `endFragment`, `flush`, `stop` and a pause (`endIdleFragmentsAfterMs`) let all go on.
   * @default 'as-put'
   */
  readonly frameOrder?: 'as-put' | 'decode-time' | 'presentation-time';
  /**
   * Where timestamps come from. `frame`: each frame brings its own. `arrival`: each is stamped with the platform's clock when it is put, once,
   * never earlier than the one before; what it says itself is ignored. @default 'frame'
   */
  readonly timestamps?: 'frame' | 'arrival';
  /** Resolve only when the service has told where to send media; otherwise at once, and frames are kept meanwhile. @default true */
  readonly waitUntilReady?: boolean;
  /** Limit for `waitUntilReady`, milliseconds. @default 30 000 */
  readonly openTimeoutMs?: number;
  /**
   * A fragment into which no frame was put for this long is ended, milliseconds, so that it can be persisted; frames up to the next key frame
   * are then skipped. Found out within a quarter of the time. 0 leaves it open. @default 20 000
   */
  readonly endIdleFragmentsAfterMs?: number;
  /** Limit for `stop` to see everything persisted, milliseconds. @default 120 000 */
  readonly stopTimeoutMs?: number;
  /** A connection that owes an answer and gives none for this long is given up, milliseconds. @default 30 000 */
  readonly stallTimeoutMs?: number;
  /**
   * A connection is replaced after this long, up to a tenth and three minutes earlier where it is five minutes or more; milliseconds.
   * It ends in front of the next fragment, and nothing is sent twice. It is also replaced before its credentials expire, once
   * there are others. The service ends connections after 45 minutes. @default 2 397 000
   */
  readonly sessionDurationMs?: number;
  /**
   * A connection is stale, and given up unless `whenStale` says otherwise, when this much media time was sent over it behind the last fragment
   * that was acknowledged; milliseconds. Media put faster than real time gets ahead of its acks by more. 0: only `stallTimeoutMs` counts, by
   * the clock. @default 0
   */
  readonly connectionStalenessMs?: number;
  /**
   * What is done about latency pressure that lasts. `recover`: the connection is made anew; when that does not help, `throttle-wanted` is told,
   * and then the connection is made anew every 30 s; each step only while media falls further behind. `tell`: nothing.
   * @default 'recover', unless `continuousRetry` is false
   */
  readonly whenLate?: 'recover' | 'tell';
  /**
   * What is done about a connection that `connectionStalenessMs` finds stale, beside telling it by `connection-stale`. `recover`: it is made
   * anew, once until it has been well for a while. `tell`: nothing. @default 'recover'
   */
  readonly whenStale?: 'recover' | 'tell';
  /** The waits between attempts at a call: exponential ones, or those of a strategy. @default 100 ms doubled up to 10 s, with full jitter */
  readonly retry?: RetryOptions | RetryStrategy;
  /**
   * Whether calls are repeated for ever, and everything kept meanwhile; otherwise the stream fails when one has failed `maxCallRetries` times
   * after its first attempt, with `StreamUnavailableError` and the native status of that call: `STATUS_DESCRIBE_STREAM_CALL_FAILED`,
   * `…CREATE_STREAM…`, `…GET_STREAMING_ENDPOINT…` or `…GET_STREAMING_TOKEN_CALL_FAILED`. Connections are made again in either case.
   * @default true
   */
  readonly continuousRetry?: boolean;
  /** Of one call in a row, 1…1000. After as many the tags are given up, with `continuousRetry` too. @default 5 */
  readonly maxCallRetries?: number;
  /**
   * Whether a connection that was lost, refused, or ended by an error ack is followed by another; otherwise the stream fails with its error.
   * Connections that the service closes, that are handed over, or that are given up by `resetConnection`, `whenLate` or `whenStale`
   * are followed by another in either case. @default true
   */
  readonly recoverOnError?: boolean;
  /** Limit of a call of the control plane, connecting included, milliseconds. @default 10 000 */
  readonly callTimeoutMs?: number;
  /**
   * Which answers of the control plane are used again when a connection follows another.
   * `until-failure`: the endpoint, until a connection fails by more than a timeout or its credentials. `none`: nothing, the endpoint is asked
   * for with every connection. `all`: after the first time neither description nor endpoint are asked for while the endpoint is fresh,
   * whatever fails, unless the stream is missing. `endpoint-only`: the same, and the stream is never described, created or tagged: for a
   * role that may only get endpoints and put media. The stream has to exist, with the `retentionHours` that are stated here.
   * @default 'until-failure'
   */
  readonly callCaching?: 'until-failure' | 'none' | 'endpoint-only' | 'all';
  /** How long an endpoint is used, milliseconds, up to a day. @default 2 400 000 */
  readonly endpointCacheMs?: number;
  /**
   * Whether the service is asked for acks, and what was sent is kept for them. Without: a fragment that a connection which the service
   * answered with 200 has taken to its end counts as delivered. It leaves the store and is never sent again, whatever `rollBack` says;
   * `flush` and `stop` resolve for it, and nobody learns whether it was persisted. Errors that the service tells all the same end the
   * connection. @default true
   */
  readonly fragmentAcks?: boolean;
  /** Aborts the stream: it ends at once, without draining. */
  readonly signal?: AbortSignal;
}

/** One encoded frame: an access unit of video, a packet of audio. */
export interface Frame {
  /** Copied before a put resolves (before `tryPutFrame` returns); then the caller may use it again. */
  readonly data: Uint8Array;
  /**
   * Presentation time, integer microseconds from 0 to 2^53 − 1; since the epoch with absolute timecodes. Never before the first
   * frame of its fragment: after a clock that was set back, stop the stream and open it again.
   */
  readonly timestampUs: number;
  /** Decode time, integer microseconds. Frames are put in decode order: it never falls. @default unknown */
  readonly decodeTimestampUs?: number;
  /** Microseconds. @default 0 */
  readonly durationUs?: number;
  /** Decodable without earlier frames. In a stream with video only video frames count as key frames. */
  readonly isKey: boolean;
  /** The track's `trackNumber`: its position in `tracks`, from 1, unless stated there. @default that of the first track */
  readonly trackNumber?: number;
  readonly discardable?: boolean;
  readonly invisible?: boolean;
}

/** A frame of a stream with `timestamps: 'arrival'`. */
export interface UntimedFrame extends Omit<Frame, 'timestampUs'> {
  /** Ignored. */
  readonly timestampUs?: number;
}

/** A WebCodecs `EncodedVideoChunk` or `EncodedAudioChunk`, as far as it is needed. */
export interface EncodedChunk {
  readonly type: 'key' | 'delta';
  /** Presentation time, microseconds, as `Frame.timestampUs`: an encoder that counts from 0 wants relative timecodes. */
  readonly timestamp: number;
  /** Microseconds. */
  readonly duration: number | null;
  readonly byteLength: number;
  copyTo(destination: Uint8Array): void;
}

/** A chunk with what a WebCodecs encoder's output callback tells beside it. */
export interface TrackChunk {
  readonly chunk: EncodedChunk;
  /** As `Frame.trackNumber`. @default that of the first track */
  readonly trackNumber?: number;
  /**
   * The encoder's `decoderConfig`; its `description` is the codec private data. It can change until the stream's first frame is
   * stored: a Matroska stream cannot switch to another in the middle.
   */
  readonly decoderConfig?: { readonly description?: ArrayBufferLike | ArrayBufferView } | undefined;
}

/** Everything a put takes; frames without a timestamp only with `timestamps: 'arrival'`. */
export type FrameInput = Frame | UntimedFrame | EncodedChunk | TrackChunk;

/**
 * What became of a frame: `stored`, with `frameOrder` perhaps to wait for frames of other tracks; `skipped` because the stream waits for a key
 * frame; `full`: not stored, try again later (policies `wait` and `reject`); `dropped`: not stored, reported as dropped (policy `drop-oldest`).
 */
export type PutResult = 'stored' | 'skipped' | 'full' | 'dropped';
