/** The few elements of a session's bytes, written a second time and without cleverness, for what no vector holds. Source: RFC 9559. */

/** Cluster of unknown size, up to its timecode's octets. */
export const EBML_CLUSTER: Buffer = Buffer.from('1f43b675ffe788', 'hex');
const POSITION_0 = Buffer.from('a78100', 'hex');

/** Tags with the one tag AWS_KINESISVIDEO_END_OF_FRAGMENT, empty. */
export const END_OF_FRAGMENT_TAGS: Buffer = endOfFragmentTags();

/** An element with its size in eight octets. */
function element(id: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(0x0100000000000000n | BigInt(body.length));
  return Buffer.concat([Buffer.from(id, 'hex'), size, body]);
}

function endOfFragmentTags(): Buffer {
  const name = element('45a3', Buffer.from('AWS_KINESISVIDEO_END_OF_FRAGMENT'));
  return element('1254c367', element('7373', element('67c8', name, element('4487'))));
}

/** Timecode of the first cluster of a session; undefined when there is none. */
export function firstTimecode(session: Buffer): number | undefined {
  const at = session.indexOf(EBML_CLUSTER);
  return at < 0 ? undefined : Number(session.readBigUInt64BE(at + EBML_CLUSTER.length));
}

/** A session's bytes in front of its first cluster. */
export function headerOf(session: Buffer): Buffer {
  return session.subarray(0, Math.max(0, session.indexOf(EBML_CLUSTER)));
}

/** The head of a cluster. */
export function putCluster(timecode: number): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(timecode));
  return Buffer.concat([EBML_CLUSTER, octets, POSITION_0]);
}

/** A simple block. */
export function putSimpleBlock(trackNumber: number, timecode: number, key: boolean, data: Uint8Array): Buffer {
  const head = Buffer.of(0x80 | trackNumber, timecode >> 8, timecode & 0xff, key ? 0x80 : 0);
  return element('a3', head, Buffer.from(data));
}
