import * as id from '../ebml/ids';

/**
 * The elements that the reader knows: kind, level, where they belong. Everything else is skipped by its size.
 * Source: RFC 8794 §11, RFC 9559 §5; level numbers count from 0 at the EBML header and the Segment.
 */

/** Not in the table. */
export const KIND_UNKNOWN: u32 = 0;
/** A master whose children are read. */
export const KIND_MASTER: u32 = 1;
/** A master that is reported but whose content is passed over: indexes and side files that no fragment needs. */
export const KIND_OPAQUE: u32 = 2;
/** Void and CRC-32: allowed anywhere, never reported, end nothing. */
export const KIND_GLOBAL: u32 = 3;
export const KIND_UINT: u32 = 4;
export const KIND_INT: u32 = 5;
export const KIND_FLOAT: u32 = 6;
export const KIND_TEXT: u32 = 7;
export const KIND_BINARY: u32 = 8;
export const KIND_BLOCK: u32 = 9;

/** RFC 8794 §11.1.6.10: only Segment and Cluster carry it. */
const UNKNOWN_SIZE_ALLOWED: u32 = 0x10000;
/** May stand inside itself, so it does not end its own kind. RFC 8794 §11.1.6.11. */
const RECURSIVE: u32 = 0x20000;

const LEVEL_1: u32 = 0x100;
const LEVEL_2: u32 = 0x200;
const LEVEL_3: u32 = 0x300;
const LEVEL_4: u32 = 0x400;

const ROW_SHIFT: u32 = 4;
const TRAITS_AT: usize = 4;
const PARENT_AT: usize = 8;

/**
 * Rows in ascending order of id, for the binary search.
 * ```
 * byte  0    4                              8         12
 *       | id | flags << 16 | level << 8 | kind | parent id | unused |
 * ```
 */
// prettier-ignore
const TABLE: usize = memory.data<u32>(
  [
    id.TRACK_TYPE, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.CODEC_ID, KIND_TEXT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.FLAG_DEFAULT, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.BLOCK_DURATION, KIND_UINT | LEVEL_3, id.BLOCK_GROUP, 0,
    id.FLAG_LACING, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.CHANNELS, KIND_UINT | LEVEL_4, id.AUDIO, 0,
    id.BLOCK_GROUP, KIND_MASTER | LEVEL_2, id.CLUSTER, 0,
    id.BLOCK, KIND_BLOCK | LEVEL_3, id.BLOCK_GROUP, 0,
    id.SIMPLE_BLOCK, KIND_BLOCK | LEVEL_2, id.CLUSTER, 0,
    id.CLUSTER_POSITION, KIND_UINT | LEVEL_2, id.CLUSTER, 0,
    id.CLUSTER_PREVIOUS_SIZE, KIND_UINT | LEVEL_2, id.CLUSTER, 0,
    id.TRACK_ENTRY, KIND_MASTER | LEVEL_2, id.TRACKS, 0,
    id.PIXEL_WIDTH, KIND_UINT | LEVEL_4, id.VIDEO, 0,
    id.SAMPLING_FREQUENCY, KIND_FLOAT | LEVEL_4, id.AUDIO, 0,
    id.FLAG_ENABLED, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.PIXEL_HEIGHT, KIND_UINT | LEVEL_4, id.VIDEO, 0,
    id.CRC_32, KIND_GLOBAL, 0, 0,
    id.TRACK_NUMBER, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.VIDEO, KIND_MASTER | LEVEL_3, id.TRACK_ENTRY, 0,
    id.AUDIO, KIND_MASTER | LEVEL_3, id.TRACK_ENTRY, 0,
    id.CLUSTER_TIMECODE, KIND_UINT | LEVEL_2, id.CLUSTER, 0,
    id.VOID, KIND_GLOBAL, 0, 0,
    id.REFERENCE_BLOCK, KIND_INT | LEVEL_3, id.BLOCK_GROUP, 0,
    id.DOC_TYPE, KIND_TEXT | LEVEL_1, id.EBML_HEADER, 0,
    id.DOC_TYPE_READ_VERSION, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.EBML_VERSION, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.DOC_TYPE_VERSION, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.EBML_MAX_ID_LENGTH, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.EBML_MAX_SIZE_LENGTH, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.EBML_READ_VERSION, KIND_UINT | LEVEL_1, id.EBML_HEADER, 0,
    id.DATE_UTC, KIND_INT | LEVEL_2, id.INFO, 0,
    id.TAG_LANGUAGE, KIND_TEXT | LEVEL_4, id.SIMPLE_TAG, 0,
    id.TAG_DEFAULT, KIND_UINT | LEVEL_4, id.SIMPLE_TAG, 0,
    id.TAG_BINARY, KIND_BINARY | LEVEL_4, id.SIMPLE_TAG, 0,
    id.TAG_STRING, KIND_TEXT | LEVEL_4, id.SIMPLE_TAG, 0,
    id.DURATION, KIND_FLOAT | LEVEL_2, id.INFO, 0,
    id.TAG_NAME, KIND_TEXT | LEVEL_4, id.SIMPLE_TAG, 0,
    id.MUXING_APP, KIND_TEXT | LEVEL_2, id.INFO, 0,
    id.TRACK_NAME, KIND_TEXT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.CODEC_DELAY, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.SEEK_PRE_ROLL, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.WRITING_APP, KIND_TEXT | LEVEL_2, id.INFO, 0,
    id.BIT_DEPTH, KIND_UINT | LEVEL_4, id.AUDIO, 0,
    id.CODEC_PRIVATE, KIND_BINARY | LEVEL_3, id.TRACK_ENTRY, 0,
    id.TARGETS, KIND_MASTER | LEVEL_3, id.TAG, 0,
    id.TAG_CHAPTER_UID, KIND_UINT | LEVEL_4, id.TARGETS, 0,
    id.TAG_TRACK_UID, KIND_UINT | LEVEL_4, id.TARGETS, 0,
    id.TAG_ATTACHMENT_UID, KIND_UINT | LEVEL_4, id.TARGETS, 0,
    id.TAG_EDITION_UID, KIND_UINT | LEVEL_4, id.TARGETS, 0,
    id.SIMPLE_TAG, KIND_MASTER | LEVEL_3 | RECURSIVE, id.TAG, 0,
    id.TARGET_TYPE_VALUE, KIND_UINT | LEVEL_4, id.TARGETS, 0,
    id.TAG, KIND_MASTER | LEVEL_2, id.TAGS, 0,
    id.SEGMENT_UUID, KIND_BINARY | LEVEL_2, id.INFO, 0,
    id.TRACK_UID, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.DISCARD_PADDING, KIND_INT | LEVEL_3, id.BLOCK_GROUP, 0,
    id.OUTPUT_SAMPLING_FREQUENCY, KIND_FLOAT | LEVEL_4, id.AUDIO, 0,
    id.TITLE, KIND_TEXT | LEVEL_2, id.INFO, 0,
    id.LANGUAGE, KIND_TEXT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.DEFAULT_DURATION, KIND_UINT | LEVEL_3, id.TRACK_ENTRY, 0,
    id.TIMECODE_SCALE, KIND_UINT | LEVEL_2, id.INFO, 0,
    id.CHAPTERS, KIND_OPAQUE | LEVEL_1, id.SEGMENT, 0,
    id.SEEK_HEAD, KIND_OPAQUE | LEVEL_1, id.SEGMENT, 0,
    id.TAGS, KIND_MASTER | LEVEL_1, id.SEGMENT, 0,
    id.INFO, KIND_MASTER | LEVEL_1, id.SEGMENT, 0,
    id.TRACKS, KIND_MASTER | LEVEL_1, id.SEGMENT, 0,
    id.SEGMENT, KIND_MASTER | UNKNOWN_SIZE_ALLOWED, 0, 0,
    id.ATTACHMENTS, KIND_OPAQUE | LEVEL_1, id.SEGMENT, 0,
    id.EBML_HEADER, KIND_MASTER, 0, 0,
    id.CUES, KIND_OPAQUE | LEVEL_1, id.SEGMENT, 0,
    id.CLUSTER, KIND_MASTER | LEVEL_1 | UNKNOWN_SIZE_ALLOWED, id.SEGMENT, 0,
  ],
  16,
);
const ROW_COUNT: u32 = 70;

/** Address of an element's row, or 0 when the reader does not know the element. */
export function findElement(elementId: u32): usize {
  let low: u32 = 0;
  let high: u32 = ROW_COUNT;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = TABLE + ((<usize>middle) << ROW_SHIFT);
    const rowId = load<u32>(row);
    if (rowId == elementId) return row;
    if (rowId < elementId) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** One of KIND_*; KIND_UNKNOWN for row 0. */
export function elementKind(row: usize): u32 {
  return row == 0 ? KIND_UNKNOWN : load<u32>(row, TRAITS_AT) & 0xff;
}

/** The level at which the element stands when it is not nested in its own kind. */
export function elementLevel(row: usize): u32 {
  return (load<u32>(row, TRAITS_AT) >> 8) & 0xff;
}

export function allowsUnknownSize(row: usize): bool {
  return row != 0 && (load<u32>(row, TRAITS_AT) & UNKNOWN_SIZE_ALLOWED) != 0;
}

/** Whether the element may be a direct child of `parentId`; 0 stands for the top of the document. */
export function mayStandIn(row: usize, parentId: u32): bool {
  return load<u32>(row, PARENT_AT) == parentId || nestsInItself(row, parentId);
}

/** Whether an open element of id `openId` may contain this one because both are of one recursive kind. */
export function nestsInItself(row: usize, openId: u32): bool {
  return openId == load<u32>(row) && (load<u32>(row, TRAITS_AT) & RECURSIVE) != 0;
}
