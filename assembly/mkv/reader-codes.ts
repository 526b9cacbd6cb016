/**
 * What the Matroska reader says across the ABI: events and the reasons of a fault.
 *
 * Plain numbers without type annotations: AssemblyScript and TypeScript read the same file.
 */

/** All input was used: push more, or finish. */
export const EVENT_NEED_DATA = 0;
/** A master element begins, or a binary or text element too long to be one value (its bytes follow as data). */
export const EVENT_START = 1;
/** A master element has ended. */
export const EVENT_END = 2;
/** A whole number, text or binary element. */
export const EVENT_VALUE = 3;
/** The header of a SimpleBlock or Block; its payload follows as data unless payloads are skipped. */
export const EVENT_BLOCK = 4;
/** A piece of a payload. */
export const EVENT_DATA = 5;
/** The input ended where it may. Repeats. */
export const EVENT_FINISHED = 6;
/** The input cannot be read on. Repeats. */
export const EVENT_FAULT = 7;

/** Refuse what a PutMedia body may not contain, instead of reading on as well as possible. */
export const OPTION_STRICT = 1;
/** Do not deliver the payloads of blocks. */
export const OPTION_SKIP_PAYLOADS = 2;
/** Read what is inside SeekHead, Cues, Chapters and Attachments too. */
export const OPTION_EVERY_ELEMENT = 4;
/** In the options from this bit on: most tracks that a strict reader lets a document have, 1…MOST_TRACKS. */
export const OPTION_MAX_TRACKS_SHIFT = 8;
export const MOST_TRACKS = 32;

/** An id begins with five or more zero bits: longer than the four bytes that Matroska allows. RFC 8794 §11.2.4. */
export const FAULT_ID_TOO_LONG = 1;
/** An id whose value bits are all ones: reserved. RFC 8794 §5. */
export const FAULT_BAD_ID = 2;
/** A size begins with a zero byte: longer than eight bytes. RFC 8794 §11.2.5. */
export const FAULT_BAD_SIZE = 3;
/** An unknown size on an element that must have a known one. RFC 8794 §6.2. */
export const FAULT_UNKNOWN_SIZE = 4;
/** Strict: an element reaches beyond the end of its parent. */
export const FAULT_EXCEEDS_PARENT = 5;
/** More masters inside each other than the reader was opened for. */
export const FAULT_DEPTH = 6;
/** Strict: an element where the schema does not allow it. RFC 9559 §5. */
export const FAULT_MISPLACED = 7;
/** Strict: the document does not begin with an EBML header. */
export const FAULT_NO_HEADER = 8;
/** Strict: a second EBML header in one document. */
export const FAULT_SECOND_HEADER = 9;
/** Strict: a second Segment in one document. */
export const FAULT_SECOND_SEGMENT = 10;
/** Strict: the DocType is missing, or neither `matroska` nor `webm`. */
export const FAULT_DOC_TYPE = 11;
/** Strict: the header asks for a newer EBML, longer ids or longer sizes than this reader has. */
export const FAULT_UNSUPPORTED_VERSION = 12;
/** Strict: a block before its cluster's timecode. RFC 9559 §5.1.3.1. */
export const FAULT_BLOCK_BEFORE_TIMECODE = 13;
/** A block too short for its own header, or with a track number above 2^28 − 2. RFC 9559 §10.1. */
export const FAULT_BAD_BLOCK = 14;
/** A number of a length that its type cannot have. RFC 8794 §7.1–7.3. */
export const FAULT_BAD_NUMBER_SIZE = 15;
/** Strict: a text longer than `maxValueBytes`. */
export const FAULT_TEXT_TOO_LONG = 16;
/** The input ended inside an element. */
export const FAULT_TRUNCATED = 17;
/** Strict: a second Timecode in one cluster. RFC 9559 §5.1.3.1. */
export const FAULT_SECOND_TIMECODE = 18;
/** Strict: a cluster that ends without a Timecode. */
export const FAULT_NO_TIMECODE = 19;
/** Strict: a cluster timecode above 2^53 − 1, which is no time. */
export const FAULT_TIMECODE_TOO_LARGE = 20;
/** Strict: a timecode scale of 0. RFC 9559 §5.1.2.9. */
export const FAULT_ZERO_TIMECODE_SCALE = 21;
/** Strict: Info or Tracks behind the first cluster, where no fragment can be played by them. */
export const FAULT_LATE_HEADER = 22;
/** Strict: a second Tracks. */
export const FAULT_SECOND_TRACKS = 23;
/** Strict: a cluster, but no track before it. */
export const FAULT_NO_TRACKS = 24;
/** Strict: more tracks than the reader was opened for. */
export const FAULT_TOO_MANY_TRACKS = 25;
/** Strict: a block of a track that Tracks does not declare. */
export const FAULT_UNKNOWN_TRACK = 26;
