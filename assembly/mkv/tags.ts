import { SIMPLE_TAG, TAG, TAG_NAME, TAG_STRING, TAGS } from '../ebml/ids';
import { putHead } from '../ebml/writer';
import { MAX_TAG_NAME_BYTES, MAX_TAG_VALUE_BYTES } from '../limits';
import {
  STATUS_MKV_INVALID_PARENT_TYPE,
  STATUS_MKV_INVALID_TAG_NAME_LENGTH,
  STATUS_MKV_INVALID_TAG_VALUE_LENGTH,
} from '../status';

/**
 * A chain Tags > Tag > SimpleTag > TagName, TagString for one name and value. All sizes take eight octets, and a Tag has no Targets: it
 * speaks for the whole segment. The service reads fragment metadata and its own marks in this form.
 * Source: RFC 9559 §5.1.8.
 */

const WIDE: u32 = 8;
const TAGS_HEAD_BYTES: u32 = 12;
const LEVEL_HEAD_BYTES: u32 = 10;

/** Where a chain may begin; each form is the tail of the one before. */
export const CHAIN_TAGS: u32 = 0;
const CHAIN_TAG: u32 = 1;
const CHAIN_SIMPLE_TAG: u32 = 2;

/**
 * Checks the lengths of a tag: a name of 1…128 bytes, a value of at most 256.
 * @returns 0, or minus STATUS_MKV_INVALID_TAG_NAME_LENGTH or STATUS_MKV_INVALID_TAG_VALUE_LENGTH
 */
export function checkTag(nameBytes: u32, valueBytes: u32): i32 {
  if (nameBytes == 0 || nameBytes > MAX_TAG_NAME_BYTES) return -STATUS_MKV_INVALID_TAG_NAME_LENGTH;
  return valueBytes > MAX_TAG_VALUE_BYTES ? -STATUS_MKV_INVALID_TAG_VALUE_LENGTH : 0;
}

/**
 * Checks what {@link putTagChain} is to write.
 * @returns 0, or minus a status: that of {@link checkTag}, or STATUS_MKV_INVALID_PARENT_TYPE
 */
export function checkTagChain(top: u32, nameBytes: u32, valueBytes: u32): i32 {
  const status = checkTag(nameBytes, valueBytes);
  if (status < 0) return status;
  return top > CHAIN_SIMPLE_TAG ? -STATUS_MKV_INVALID_PARENT_TYPE : 0;
}

/** Bytes of one SimpleTag. */
export function simpleTagBytes(nameBytes: u32, valueBytes: u32): u32 {
  return 3 * LEVEL_HEAD_BYTES + nameBytes + valueBytes;
}

/** Bytes of the Tags and Tag heads around simple tags. */
export const TAGS_AND_TAG_BYTES: u32 = TAGS_HEAD_BYTES + LEVEL_HEAD_BYTES;

/** Bytes of a whole chain that begins at Tags. */
export function tagChainBytes(nameBytes: u32, valueBytes: u32): u32 {
  return TAGS_AND_TAG_BYTES + simpleTagBytes(nameBytes, valueBytes);
}

/** Writes the heads of Tags and of one Tag with simple tags of so many bytes; the address after them. */
export function putTagsHead(at: usize, simpleTagsBytes: u32): usize {
  const tag = putHead(at, TAGS, <u64>(LEVEL_HEAD_BYTES + simpleTagsBytes), WIDE);
  return putHead(tag, TAG, <u64>simpleTagsBytes, WIDE);
}

/** Writes one SimpleTag; the address after it. */
export function putSimpleTag(at: usize, name: usize, nameBytes: u32, value: usize, valueBytes: u32): usize {
  let out = putHead(at, SIMPLE_TAG, <u64>(2 * LEVEL_HEAD_BYTES + nameBytes + valueBytes), WIDE);
  out = putHead(out, TAG_NAME, nameBytes, WIDE);
  memory.copy(out, name, nameBytes);
  out = putHead(out + nameBytes, TAG_STRING, valueBytes, WIDE);
  memory.copy(out, value, valueBytes);
  return out + valueBytes;
}

/**
 * Writes a chain.
 * @param top its outermost element: 0 Tags, 1 Tag, 2 SimpleTag
 * @returns the address after it
 */
export function putTagChain(at: usize, top: u32, name: usize, nameBytes: u32, value: usize, valueBytes: u32): usize {
  const body = simpleTagBytes(nameBytes, valueBytes);
  let out = at;
  if (top == CHAIN_TAGS) out = putTagsHead(out, body);
  else if (top == CHAIN_TAG) out = putHead(out, TAG, <u64>body, WIDE);
  return putSimpleTag(out, name, nameBytes, value, valueBytes);
}
