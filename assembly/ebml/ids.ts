/**
 * Element ids, with their length-marker bits, as they stand in the byte stream.
 *
 * Plain numbers without a type annotation, so that AssemblyScript (where they are `i32`: every four-byte id begins with
 * the nibble 1, hence is positive) and TypeScript read the same file. Each line cites the clause that defines the element.
 */

// EBML header and global elements: RFC 8794.
export const EBML_HEADER = 0x1a45dfa3; // §11.2.1
export const EBML_VERSION = 0x4286; // §11.2.2
export const EBML_READ_VERSION = 0x42f7; // §11.2.3
export const EBML_MAX_ID_LENGTH = 0x42f2; // §11.2.4
export const EBML_MAX_SIZE_LENGTH = 0x42f3; // §11.2.5
export const DOC_TYPE = 0x4282; // §11.2.6
export const DOC_TYPE_VERSION = 0x4287; // §11.2.7
export const DOC_TYPE_READ_VERSION = 0x4285; // §11.2.8
export const CRC_32 = 0xbf; // §11.3.1
export const VOID = 0xec; // §11.3.2

// Matroska: RFC 9559. What the KVS documents call a timecode, the RFC calls a timestamp.
export const SEGMENT = 0x18538067; // §5.1
export const SEEK_HEAD = 0x114d9b74; // §5.1.1

export const INFO = 0x1549a966; // §5.1.2
export const SEGMENT_UUID = 0x73a4; // §5.1.2.1
export const TIMECODE_SCALE = 0x2ad7b1; // §5.1.2.9
export const DURATION = 0x4489; // §5.1.2.10
export const DATE_UTC = 0x4461; // §5.1.2.11
export const TITLE = 0x7ba9; // §5.1.2.12
export const MUXING_APP = 0x4d80; // §5.1.2.13
export const WRITING_APP = 0x5741; // §5.1.2.14

export const CLUSTER = 0x1f43b675; // §5.1.3
export const CLUSTER_TIMECODE = 0xe7; // §5.1.3.1
export const CLUSTER_POSITION = 0xa7; // §5.1.3.2
export const CLUSTER_PREVIOUS_SIZE = 0xab; // §5.1.3.3
export const SIMPLE_BLOCK = 0xa3; // §5.1.3.4
export const BLOCK_GROUP = 0xa0; // §5.1.3.5
export const BLOCK = 0xa1; // §5.1.3.5.1
export const BLOCK_DURATION = 0x9b; // §5.1.3.5.3
export const REFERENCE_BLOCK = 0xfb; // §5.1.3.5.5
export const DISCARD_PADDING = 0x75a2; // §5.1.3.5.7

export const TRACKS = 0x1654ae6b; // §5.1.4
export const TRACK_ENTRY = 0xae; // §5.1.4.1
export const TRACK_NUMBER = 0xd7; // §5.1.4.1.1
export const TRACK_UID = 0x73c5; // §5.1.4.1.2
export const TRACK_TYPE = 0x83; // §5.1.4.1.3
export const FLAG_ENABLED = 0xb9; // §5.1.4.1.4
export const FLAG_DEFAULT = 0x88; // §5.1.4.1.5
export const FLAG_LACING = 0x9c; // §5.1.4.1.12
export const DEFAULT_DURATION = 0x23e383; // §5.1.4.1.13
export const TRACK_NAME = 0x536e; // §5.1.4.1.18
export const LANGUAGE = 0x22b59c; // §5.1.4.1.19
export const CODEC_ID = 0x86; // §5.1.4.1.21
export const CODEC_PRIVATE = 0x63a2; // §5.1.4.1.22
export const CODEC_DELAY = 0x56aa; // §5.1.4.1.25
export const SEEK_PRE_ROLL = 0x56bb; // §5.1.4.1.26
export const VIDEO = 0xe0; // §5.1.4.1.28
export const PIXEL_WIDTH = 0xb0; // §5.1.4.1.28.6
export const PIXEL_HEIGHT = 0xba; // §5.1.4.1.28.7
export const AUDIO = 0xe1; // §5.1.4.1.29
export const SAMPLING_FREQUENCY = 0xb5; // §5.1.4.1.29.1
export const OUTPUT_SAMPLING_FREQUENCY = 0x78b5; // §5.1.4.1.29.2
export const CHANNELS = 0x9f; // §5.1.4.1.29.3
export const BIT_DEPTH = 0x6264; // §5.1.4.1.29.4

export const CUES = 0x1c53bb6b; // §5.1.5
export const ATTACHMENTS = 0x1941a469; // §5.1.6
export const CHAPTERS = 0x1043a770; // §5.1.7

export const TAGS = 0x1254c367; // §5.1.8
export const TAG = 0x7373; // §5.1.8.1
export const TARGETS = 0x63c0; // §5.1.8.1.1
export const TARGET_TYPE_VALUE = 0x68ca; // §5.1.8.1.1.1
export const TAG_TRACK_UID = 0x63c5; // §5.1.8.1.1.3
export const TAG_EDITION_UID = 0x63c9; // §5.1.8.1.1.4
export const TAG_CHAPTER_UID = 0x63c4; // §5.1.8.1.1.5
export const TAG_ATTACHMENT_UID = 0x63c6; // §5.1.8.1.1.6
export const SIMPLE_TAG = 0x67c8; // §5.1.8.1.2
export const TAG_NAME = 0x45a3; // §5.1.8.1.2.1
export const TAG_LANGUAGE = 0x447a; // §5.1.8.1.2.2
export const TAG_DEFAULT = 0x4484; // §5.1.8.1.2.4
export const TAG_STRING = 0x4487; // §5.1.8.1.2.5
export const TAG_BINARY = 0x4485; // §5.1.8.1.2.6
