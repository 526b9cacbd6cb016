import {
  MAX_EVENT_PAIRS,
  MAX_IMAGE_PREFIX_BYTES,
  MAX_QUEUED_TAGS,
  MAX_TAG_NAME_BYTES,
  MAX_TAG_VALUE_BYTES,
} from '../limits';
import { putSimpleTag, putTagsHead, TAGS_AND_TAG_BYTES } from '../mkv/tags';
import {
  STATUS_DUPLICATE_STREAM_EVENT_TYPE,
  STATUS_INVALID_ARG,
  STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH,
  STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH,
  STATUS_INVALID_IMAGE_PREFIX_LENGTH,
  STATUS_INVALID_METADATA_NAME,
  STATUS_INVALID_OPERATION,
  STATUS_MAX_FRAGMENT_METADATA_COUNT,
  STATUS_STREAM_HAS_BEEN_STOPPED,
  STATUS_STREAM_NOT_STARTED,
} from '../status';
import { STATE_STARTED, STATE_STOPPED, Stream } from './stream';
import { appendEntry, ENTRY_HEAD_BYTES, isQueued, isReserved, queueEnd } from './tag-queue';

/**
 * Event metadata: asks the service for a notification, or for images, at the next fragment. An event is one Tag with several simple tags:
 * its own without a value, the prefix of the images, the application's pairs.
 *
 * The host hands over, in words, then bytes without gaps:
 * ```
 * word  0            1          2          3            …
 *       prefixBytes  pairCount  nameBytes  valueBytes   … for each pair | prefix | name | value | …
 * ```
 */

/** Events as bits; the same bits, shifted, mark their entries in the queue. */
const EVENT_IMAGE_GENERATION: u32 = 1;
const EVENT_NOTIFICATION: u32 = 2;
const EVENTS: u32 = EVENT_IMAGE_GENERATION | EVENT_NOTIFICATION;
const ENTRY_FLAG_SHIFT: u8 = 2;

const IMAGE_GENERATION_BYTES: u32 = 33;
const IMAGE_GENERATION: usize = memory.data<u8>([
  0x41, 0x57, 0x53, 0x5f, 0x4b, 0x49, 0x4e, 0x45, 0x53, 0x49, 0x53, 0x56, 0x49, 0x44, 0x45, 0x4f, 0x5f, 0x49, 0x4d,
  0x41, 0x47, 0x45, 0x5f, 0x47, 0x45, 0x4e, 0x45, 0x52, 0x41, 0x54, 0x49, 0x4f, 0x4e,
]); // AWS_KINESISVIDEO_IMAGE_GENERATION
const IMAGE_PREFIX_BYTES: u32 = 29;
const IMAGE_PREFIX: usize = memory.data<u8>([
  0x41, 0x57, 0x53, 0x5f, 0x4b, 0x49, 0x4e, 0x45, 0x53, 0x49, 0x53, 0x56, 0x49, 0x44, 0x45, 0x4f, 0x5f, 0x49, 0x4d,
  0x41, 0x47, 0x45, 0x5f, 0x50, 0x52, 0x45, 0x46, 0x49, 0x58,
]); // AWS_KINESISVIDEO_IMAGE_PREFIX
const NOTIFICATION_BYTES: u32 = 29;
const NOTIFICATION: usize = memory.data<u8>([
  0x41, 0x57, 0x53, 0x5f, 0x4b, 0x49, 0x4e, 0x45, 0x53, 0x49, 0x53, 0x56, 0x49, 0x44, 0x45, 0x4f, 0x5f, 0x4e, 0x4f,
  0x54, 0x49, 0x46, 0x49, 0x43, 0x41, 0x54, 0x49, 0x4f, 0x4e,
]); // AWS_KINESISVIDEO_NOTIFICATION

function prefixBytesOf(block: usize): u32 {
  return load<u32>(block, 0, 1);
}

function pairCountOf(block: usize): u32 {
  return load<u32>(block, 4, 1);
}

function nameBytesOf(block: usize, pair: u32): u32 {
  return load<u32>(block + (pair << 3), 8, 1);
}

function valueBytesOf(block: usize, pair: u32): u32 {
  return load<u32>(block + (pair << 3), 12, 1);
}

function bytesOf(block: usize): usize {
  return block + 8 + (pairCountOf(block) << 3);
}

/**
 * Queues the tags of one event or both, all or none.
 * @param events EVENT_* bits
 * @param block prefix and pairs, see above
 * @returns 0, or minus a status
 */
export function putEvents(stream: Stream, events: u32, block: usize): i32 {
  const pairs = pairCountOf(block);
  if (events == 0 || events > EVENTS || pairs > MAX_EVENT_PAIRS) return -STATUS_INVALID_ARG;
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  if (isQueued(stream, <u8>(events << ENTRY_FLAG_SHIFT))) return -STATUS_DUPLICATE_STREAM_EVENT_TYPE;
  if ((stream.state & STATE_STARTED) == 0) return -STATUS_STREAM_NOT_STARTED;
  // A reserved frame has its headroom measured for the tags that were there.
  if (stream.pendingItem != 0) return -STATUS_INVALID_OPERATION;
  const checked = checkTexts(block);
  if (checked < 0) return checked;
  const prefixTags: u32 = prefixBytesOf(block) != 0 ? 1 : 0;
  let needed: u32 = 0;
  if ((events & EVENT_NOTIFICATION) != 0) needed += 1 + pairs;
  if ((events & EVENT_IMAGE_GENERATION) != 0) needed += 1 + prefixTags + pairs;
  if (stream.tagCount + needed > MAX_QUEUED_TAGS) return -STATUS_MAX_FRAGMENT_METADATA_COUNT;
  if ((events & EVENT_NOTIFICATION) != 0) putEvent(stream, EVENT_NOTIFICATION, block);
  if ((events & EVENT_IMAGE_GENERATION) != 0) putEvent(stream, EVENT_IMAGE_GENERATION, block);
  return 0;
}

/** The order of checks is the native one: pairs, then the prefix. */
function checkTexts(block: usize): i32 {
  const prefixBytes = prefixBytesOf(block);
  const prefix = bytesOf(block);
  let text = prefix + prefixBytes;
  for (let pair: u32 = 0; pair < pairCountOf(block); pair++) {
    const nameBytes = nameBytesOf(block, pair);
    const valueBytes = valueBytesOf(block, pair);
    if (isReserved(text, nameBytes)) return -STATUS_INVALID_METADATA_NAME;
    if (nameBytes == 0 || nameBytes > MAX_TAG_NAME_BYTES) return -STATUS_INVALID_IMAGE_METADATA_KEY_LENGTH;
    if (valueBytes > MAX_TAG_VALUE_BYTES) return -STATUS_INVALID_IMAGE_METADATA_VALUE_LENGTH;
    text += nameBytes + valueBytes;
  }
  if (isReserved(prefix, prefixBytes)) return -STATUS_INVALID_METADATA_NAME;
  return prefixBytes > MAX_IMAGE_PREFIX_BYTES ? -STATUS_INVALID_IMAGE_PREFIX_LENGTH : 0;
}

function putEvent(stream: Stream, event: u32, block: usize): void {
  const isImage = event == EVENT_IMAGE_GENERATION;
  const name = isImage ? IMAGE_GENERATION : NOTIFICATION;
  const nameBytes = isImage ? IMAGE_GENERATION_BYTES : NOTIFICATION_BYTES;
  const prefixBytes = isImage ? prefixBytesOf(block) : 0;
  const prefix = bytesOf(block);
  const pairs = pairCountOf(block);
  const first = queueEnd(stream) + ENTRY_HEAD_BYTES + TAGS_AND_TAG_BYTES;
  let out = putSimpleTag(first, name, nameBytes, 0, 0);
  if (prefixBytes != 0) out = putSimpleTag(out, IMAGE_PREFIX, IMAGE_PREFIX_BYTES, prefix, prefixBytes);
  let text = prefix + prefixBytesOf(block);
  for (let pair: u32 = 0; pair < pairs; pair++) {
    const value = text + nameBytesOf(block, pair);
    out = putSimpleTag(out, text, nameBytesOf(block, pair), value, valueBytesOf(block, pair));
    text = value + valueBytesOf(block, pair);
  }
  const bytes = <u32>(out - first);
  putTagsHead(first - TAGS_AND_TAG_BYTES, bytes);
  const simpleTags = 1 + pairs + (prefixBytes != 0 ? 1 : 0);
  appendEntry(stream, TAGS_AND_TAG_BYTES + bytes, nameBytes, <u8>(event << ENTRY_FLAG_SHIFT), simpleTags);
}
