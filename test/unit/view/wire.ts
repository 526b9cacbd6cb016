/** Takes a session's bytes apart: an independent, naive reader of what the packager writes. */

/** A cluster as it stood on the wire. */
export interface WireCluster {
  readonly timecode: number;
  /** Payloads of its blocks, as numbers (the tests' frames are their own numbers). */
  readonly frames: number[];
  /** Closed by an end-of-fragment mark. */
  marked: boolean;
}

const ID = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
  timecode: 0xe7,
  block: 0xa3,
  tags: 0x1254c367,
};
const BLOCK_PREFIX_BYTES = 4;

/** Reads an element id and size at an offset; size −1 is unknown, null means cut off. */
function head(bytes: Uint8Array, at: number): { id: number; size: number; body: number } | null {
  const first = bytes[at];
  if (first === undefined) return null;
  const idLength = Math.clz32(first) - 23;
  const sizeFirst = bytes[at + idLength];
  if (sizeFirst === undefined) return null;
  const sizeLength = Math.clz32(sizeFirst) - 23;
  if (at + idLength + sizeLength > bytes.length) return null;
  let id = 0;
  for (let i = 0; i < idLength; i++) id = id * 256 + (bytes[at + i] ?? 0);
  let size = sizeFirst & (0xff >> sizeLength);
  for (let i = 1; i < sizeLength; i++) size = size * 256 + (bytes[at + idLength + i] ?? 0);
  const unknown = sizeFirst === 0xff;
  return { id, size: unknown ? -1 : size, body: at + idLength + sizeLength };
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/**
 * Clusters of one session. Throws when the bytes do not begin with a stream header, or a block stands outside a cluster.
 * A last element that is cut off is left out.
 */
export function parseSession(bytes: Uint8Array): WireCluster[] {
  const clusters: WireCluster[] = [];
  let at = 0;
  while (at < bytes.length) {
    const element = head(bytes, at);
    if (element === null || (element.size >= 0 && element.body + element.size > bytes.length)) break;
    if (at === 0 && element.id !== ID.header) throw new Error('The session does not begin with a stream header');
    if (at > 0 && element.id === ID.header) throw new Error('A second stream header');
    const body = bytes.subarray(element.body, element.body + Math.max(element.size, 0));
    if (element.id === ID.timecode) clusters.push({ timecode: numberOf(body), frames: [], marked: false });
    if (element.id === ID.tags) mark(clusters, body);
    if (element.id === ID.block) {
      const cluster = clusters.at(-1);
      if (cluster === undefined || cluster.marked) throw new Error('A block outside a cluster');
      cluster.frames.push(numberOf(body.subarray(BLOCK_PREFIX_BYTES, BLOCK_PREFIX_BYTES + 4)));
    }
    at =
      element.size < 0 || element.id === ID.cluster || element.id === ID.segment
        ? element.body
        : element.body + element.size;
  }
  return clusters;
}

function mark(clusters: readonly WireCluster[], tags: Uint8Array): void {
  const cluster = clusters.at(-1);
  if (cluster !== undefined && Buffer.from(tags).includes('AWS_KINESISVIDEO_END_OF_FRAGMENT')) cluster.marked = true;
}
