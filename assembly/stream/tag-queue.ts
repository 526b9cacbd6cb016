import { MAX_QUEUED_TAGS, MAX_TAG_NAME_BYTES, MAX_TAG_VALUE_BYTES } from '../limits';
import { CHAIN_TAGS, checkTag, putTagChain, tagChainBytes } from '../mkv/tags';
import {
  STATUS_INVALID_METADATA_NAME,
  STATUS_INVALID_OPERATION,
  STATUS_MAX_FRAGMENT_METADATA_COUNT,
  STATUS_STREAM_HAS_BEEN_STOPPED,
} from '../status';
import { STATE_STOPPED, STATE_TAGS_AT_END, Stream } from './stream';

/**
 * Fragment metadata waiting for its fragment: whole tag chains in the order they were put. A one-time tag leaves with the next fragment; a
 * persistent one goes out with every fragment until it is replaced or taken away.
 *
 * Entry, without gaps:
 * ```
 * byte  0            4           6       7           8
 *       | chainBytes | nameBytes | flags | simpleTags | chain …
 * ```
 */
export const ENTRY_HEAD_BYTES: u32 = 8;

const TAG_PERSISTENT: u8 = 1;
/** A persistent tag that has gone out with a fragment already. */
const TAG_APPLIED: u8 = 2;

/** Where a chain's TagName payload begins: behind the heads of Tags, Tag, SimpleTag and TagName. */
const NAME_OFFSET: usize = 42;

/** The end-of-fragment chain: a tag name of 32 bytes, no value. */
export const END_OF_FRAGMENT_BYTES: u32 = 84;
const END_OF_FRAGMENT_NAME_BYTES: u32 = 32;
const END_OF_FRAGMENT_NAME: usize = memory.data<u8>([
  0x41, 0x57, 0x53, 0x5f, 0x4b, 0x49, 0x4e, 0x45, 0x53, 0x49, 0x53, 0x56, 0x49, 0x44, 0x45, 0x4f, 0x5f, 0x45, 0x4e,
  0x44, 0x5f, 0x4f, 0x46, 0x5f, 0x46, 0x52, 0x41, 0x47, 0x4d, 0x45, 0x4e, 0x54,
]); // AWS_KINESISVIDEO_END_OF_FRAGMENT

/** The full queue, and the end-of-fragment chain that may follow its chains at the end of the stream. */
const SEALED_QUEUE_BYTES: u32 =
  MAX_QUEUED_TAGS * (ENTRY_HEAD_BYTES + 52 + MAX_TAG_NAME_BYTES + MAX_TAG_VALUE_BYTES) + END_OF_FRAGMENT_BYTES;

/** Room for the queue, and behind it for an end-of-fragment chain that ends a session in the middle of the stream. */
export const TAG_QUEUE_BYTES: u32 = SEALED_QUEUE_BYTES + END_OF_FRAGMENT_BYTES;

function chainBytesOf(entry: usize): u32 {
  return load<u32>(entry, 0, 1);
}

function nameBytesOf(entry: usize): u32 {
  return <u32>load<u16>(entry, 4, 1);
}

function flagsOf(entry: usize): u8 {
  return load<u8>(entry, 6);
}

function afterEntry(entry: usize): usize {
  return entry + ENTRY_HEAD_BYTES + chainBytesOf(entry);
}

/** Where the next entry is written. */
export function queueEnd(stream: Stream): usize {
  return stream.tags + stream.tagBytes;
}

/** Puts the entry whose chain stands behind the queue's end into the queue. `nameBytes` is that of its first simple tag. */
export function appendEntry(stream: Stream, chainBytes: u32, nameBytes: u32, flags: u8, simpleTags: u32): void {
  const entry = queueEnd(stream);
  store<u32>(entry, chainBytes, 0, 1);
  store<u16>(entry, <u16>nameBytes, 4, 1);
  store<u8>(entry, flags, 6);
  store<u8>(entry, <u8>simpleTags, 7);
  stream.tagBytes += ENTRY_HEAD_BYTES + chainBytes;
  stream.tagCount += simpleTags;
}

/** True when an entry with one of these flags is in the queue. */
export function isQueued(stream: Stream, flags: u8): bool {
  const end = queueEnd(stream);
  for (let entry = stream.tags; entry < end; entry = afterEntry(entry)) {
    if ((flagsOf(entry) & flags) != 0) return true;
  }
  return false;
}

function removeEntry(stream: Stream, entry: usize): void {
  const after = afterEntry(entry);
  stream.tagCount -= <u32>load<u8>(entry, 7);
  memory.copy(entry, after, queueEnd(stream) - after);
  stream.tagBytes -= <u32>(after - entry);
}

/** `AWS` in front is the service's own name space. */
export function isReserved(name: usize, nameBytes: u32): bool {
  return nameBytes >= 3 && load<u8>(name) == 0x41 && load<u8>(name, 1) == 0x57 && load<u8>(name, 2) == 0x53;
}

/**
 * Queues a tag. A persistent one replaces the persistent one of the same name; without a value it only takes that away.
 * @returns 0, or minus a status
 */
export function putTag(
  stream: Stream,
  name: usize,
  nameBytes: u32,
  value: usize,
  valueBytes: u32,
  persistent: bool,
): i32 {
  if ((stream.state & STATE_STOPPED) != 0) return -STATUS_STREAM_HAS_BEEN_STOPPED;
  // A reserved frame has its headroom measured for the tags that were there.
  if (stream.pendingItem != 0) return -STATUS_INVALID_OPERATION;
  if (isReserved(name, nameBytes)) return -STATUS_INVALID_METADATA_NAME;
  const status = checkTag(nameBytes, valueBytes);
  if (status < 0) return status;
  if (persistent) {
    const same = findPersistent(stream, name, nameBytes);
    if (same != 0) removeEntry(stream, same);
    if (valueBytes == 0) return 0;
  }
  if (stream.tagCount == MAX_QUEUED_TAGS) return -STATUS_MAX_FRAGMENT_METADATA_COUNT;
  putTagChain(queueEnd(stream) + ENTRY_HEAD_BYTES, CHAIN_TAGS, name, nameBytes, value, valueBytes);
  appendEntry(stream, tagChainBytes(nameBytes, valueBytes), nameBytes, persistent ? TAG_PERSISTENT : 0, 1);
  return 0;
}

function findPersistent(stream: Stream, name: usize, nameBytes: u32): usize {
  const end = queueEnd(stream);
  for (let entry = stream.tags; entry < end; entry = afterEntry(entry)) {
    if ((flagsOf(entry) & TAG_PERSISTENT) == 0 || nameBytesOf(entry) != nameBytes) continue;
    if (memory.compare(entry + ENTRY_HEAD_BYTES + NAME_OFFSET, name, nameBytes) == 0) return entry;
  }
  return 0;
}

/** Bytes of the chains in the queue: all of them, or only those that have not gone out yet. */
export function queuedTagBytes(stream: Stream, onlyNew: bool): u32 {
  let bytes: u32 = 0;
  const end = queueEnd(stream);
  for (let entry = stream.tags; entry < end; entry = afterEntry(entry)) {
    if (!onlyNew || (flagsOf(entry) & TAG_APPLIED) == 0) bytes += chainBytesOf(entry);
  }
  return bytes;
}

/** Copies those chains, in order; the address after them. The queue does not change. */
export function putQueuedTags(at: usize, stream: Stream, onlyNew: bool): usize {
  let out = at;
  const end = queueEnd(stream);
  for (let entry = stream.tags; entry < end; entry = afterEntry(entry)) {
    if (onlyNew && (flagsOf(entry) & TAG_APPLIED) != 0) continue;
    memory.copy(out, entry + ENTRY_HEAD_BYTES, chainBytesOf(entry));
    out += chainBytesOf(entry);
  }
  return out;
}

/** After the queue went out: one-time tags leave, persistent ones stay for the next fragment. */
export function settleTags(stream: Stream): void {
  let entry = stream.tags;
  while (entry < queueEnd(stream)) {
    if ((flagsOf(entry) & TAG_PERSISTENT) == 0) {
      removeEntry(stream, entry);
    } else {
      store<u8>(entry, flagsOf(entry) | TAG_APPLIED, 6);
      entry = afterEntry(entry);
    }
  }
}

/**
 * Takes back what waits for one fragment alone.
 * @returns 0, or minus STATUS_INVALID_OPERATION while a frame is reserved, whose headroom is measured, or when the queue is sealed
 */
export function dropTags(stream: Stream): i32 {
  if (stream.pendingItem != 0 || (stream.state & STATE_STOPPED) != 0) return -STATUS_INVALID_OPERATION;
  settleTags(stream);
  return 0;
}

/** Writes the end-of-fragment chain; the address after it. */
export function putEndOfFragment(at: usize): usize {
  return putTagChain(at, CHAIN_TAGS, END_OF_FRAGMENT_NAME, END_OF_FRAGMENT_NAME_BYTES, 0, 0);
}

/**
 * Turns the queue into what closes the stream's bytes, in place: the chains that have not gone out, then the end-of-fragment chain.
 * The queue takes no more tags.
 */
export function sealQueue(stream: Stream): void {
  let out = stream.tags;
  let entry = stream.tags;
  const end = queueEnd(stream);
  while (entry < end) {
    const after = afterEntry(entry);
    if ((flagsOf(entry) & TAG_APPLIED) == 0) {
      const bytes = chainBytesOf(entry);
      memory.copy(out, entry + ENTRY_HEAD_BYTES, bytes);
      out += bytes;
    }
    entry = after;
  }
  out = putEndOfFragment(out);
  stream.tagBytes = <u32>(out - stream.tags);
  stream.tagCount = 0;
  stream.state |= STATE_TAGS_AT_END;
}

/** Address of an end-of-fragment chain of its own, for ending a session. */
export function sessionEndChain(stream: Stream): usize {
  const chain = stream.tags + SEALED_QUEUE_BYTES;
  putEndOfFragment(chain);
  return chain;
}
