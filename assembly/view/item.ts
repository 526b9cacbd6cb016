/**
 * An item of the content view: one packaged frame, or the tags that end a fragment. Its header stands at the front of the item's own store
 * slot, so the view needs no memory beside the store and holds as many items as the store does.
 *
 * ```
 * byte  0      4          8       12       16    24    32        40      44         48              52
 *       | next | previous | start | length | pts | dts | duration | flags | fragment | nextFragment | previousFragment |
 *       56                64       68      72      80
 *       | clusterTimecode | frames | bytes | order | … headroom … bytes to send …
 * ```
 * Times are timecodes, absolute. The fields from nextFragment on are those of a fragment: they have a meaning only in its first item.
 */
@unmanaged
export class Item {
  next: usize;
  previous: usize;
  /** Address of the first byte to send: metadata, cluster header or block header. */
  start: usize;
  /** Bytes to send. */
  length: u32;
  pts: u64;
  dts: u64;
  duration: u64;
  /** ITEM_* bits. */
  flags: u32;
  /** First item of the fragment that this item belongs to. */
  fragment: usize;
  nextFragment: usize;
  previousFragment: usize;
  /** The fragment's timecode as it stands in the bytes: what acks name. */
  clusterTimecode: u64;
  /** Frames in the fragment. */
  frames: u32;
  /** Bytes to send of the whole fragment. */
  bytes: u32;
  /** Counts up from fragment to fragment: tells which of two is the older. */
  order: u64;
}

export const ITEM_BYTES: u32 = 80;

/** The item begins a fragment. */
export const ITEM_FRAGMENT_START: u32 = 1;
/** The item is a frame; otherwise it is the tags of an explicit end of fragment. */
export const ITEM_FRAME: u32 = 2;
/** The last byte of the item was handed out at least once. */
export const ITEM_SENT: u32 = 4;
/** Fragment: no frame will be added to it any more. */
export const FRAGMENT_CLOSED: u32 = 8;
/** Fragment: acknowledged as buffering. */
export const FRAGMENT_BUFFERING: u32 = 16;
/** Fragment: acknowledged as received, and not handed out again since. */
export const FRAGMENT_RECEIVED: u32 = 32;
/** Fragment: acknowledged as persisted, and every frame in it was sent before. */
export const FRAGMENT_PERSISTED: u32 = 64;
/** Fragment: a session that did not begin with it ends in front of it. */
export const FRAGMENT_BEGINS_SESSION: u32 = 128;
/** The item has no slot of the store: it is the stream's spare mark, free again when its flags are 0. */
export const ITEM_SPARE: u32 = 256;

/** The item at an address. */
export function itemAt(address: usize): Item {
  return changetype<Item>(address);
}
