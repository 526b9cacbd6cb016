/** GetMedia responses for tests, in the layout of the service. */
import { bytesOf, eventTags, streamHeader } from './mkv-builder.ts';

export interface ChunkOptions {
  readonly fragmentNumber: string;
  readonly cluster: Uint8Array;
  /** Seconds, as the service writes them. */
  readonly producerTimestamp?: string;
  readonly serverTimestamp?: string;
  readonly millisBehindNow?: string;
  readonly header?: Uint8Array;
  /** The producer's tags in front of the cluster. */
  readonly tags?: Uint8Array;
  /** Leave out the trailing tags, as when the response breaks off. */
  readonly isCut?: boolean;
}

/** One fragment: a whole document, with the service's tags in front of and behind the cluster. */
export function getMediaChunk(options: ChunkOptions): Uint8Array {
  const { fragmentNumber, cluster, producerTimestamp = '0.000', serverTimestamp = '1700000000.500' } = options;
  const leading = eventTags(
    ['AWS_KINESISVIDEO_FRAGMENT_NUMBER', fragmentNumber],
    ['AWS_KINESISVIDEO_SERVER_TIMESTAMP', serverTimestamp],
    ['AWS_KINESISVIDEO_PRODUCER_TIMESTAMP', producerTimestamp],
  );
  const trailing = eventTags(
    ['AWS_KINESISVIDEO_MILLIS_BEHIND_NOW', options.millisBehindNow ?? '0'],
    ['AWS_KINESISVIDEO_CONTINUATION_TOKEN', fragmentNumber],
  );
  return bytesOf(
    options.header ?? streamHeader(),
    options.tags ?? bytesOf(),
    leading,
    cluster,
    options.isCut === true ? bytesOf() : trailing,
  );
}

/** The tags with which the service ends a response that it cannot go on with. */
export function errorTags(errorId: string, errorCode: string): Uint8Array {
  return eventTags(['AWS_KINESISVIDEO_ERROR_CODE', errorCode], ['AWS_KINESISVIDEO_ERROR_ID', errorId]);
}
