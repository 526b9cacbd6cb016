/**
 * The order in which frames of several tracks enter fragments.
 *
 * A fragment is one group of pictures: its key frame must come after every frame with an earlier timestamp and before every
 * other, on all tracks. Video comes in decode order, where timestamps jump back and forth within the group; so each video
 * packet is due at the k-th smallest timestamp of its group, k being its place in decode order. That never falls, keeps the
 * decode order, and stays inside the group. Times are compared in whole milliseconds, the resolution of a fragment's timecodes.
 */
import { MediaSourceError } from './media-source.ts';

/** One packet of one track, in its track's decode order. */
export interface Packet {
  readonly data: Uint8Array;
  readonly timestampUs: number;
  readonly durationUs: number;
  readonly isKey: boolean;
}

export interface DuePacket extends Packet {
  readonly dueUs: number;
}

/** The service refuses a fragment beyond this (MAX_FRAGMENT_SIZE_REACHED, 4001), so a longer group cannot be sent at all. */
export const MAX_GROUP_BYTES: number = 50_000_000;

/** Rounded down, as Matroska timecodes at the default scale are. */
export function timecodeMs(timestampUs: number): number {
  return Math.floor(timestampUs / 1000);
}

function* dueInGroup(group: readonly Packet[], track: string): Generator<DuePacket> {
  const sorted = group.map((packet) => packet.timestampUs).sort((a, b) => a - b);
  const key = group[0]!;
  if (key.isKey && timecodeMs(sorted[0]!) < timecodeMs(key.timestampUs)) {
    const at = (key.timestampUs / 1e6).toFixed(3);
    throw new MediaSourceError(
      `${track}: the key frame at ${at} s is followed by frames shown before it (open GOP); fragments need closed groups`,
    );
  }
  for (const [place, packet] of group.entries()) yield { ...packet, dueUs: sorted[place]! };
}

/**
 * Stamps video packets with the time at which they are due. Holds one group of pictures.
 * @param track how messages name the track
 * @throws MediaSourceError for a group of more than `MAX_GROUP_BYTES`, or one that is not closed
 */
export async function* dueByGroup(packets: AsyncIterable<Packet>, track: string): AsyncGenerator<DuePacket> {
  let group: Packet[] = [];
  let groupBytes = 0;
  for await (const packet of packets) {
    if (packet.isKey && group.length > 0) {
      yield* dueInGroup(group, track);
      group = [];
      groupBytes = 0;
    }
    group.push(packet);
    groupBytes += packet.data.length;
    if (groupBytes > MAX_GROUP_BYTES) {
      throw new MediaSourceError(
        `${track}: no key frame within ${MAX_GROUP_BYTES / 1e6} MB; no fragment can be that large`,
      );
    }
  }
  if (group.length > 0) yield* dueInGroup(group, track);
}

/** For tracks without reordering: due when shown. */
export async function* dueByTimestamp(packets: AsyncIterable<Packet>): AsyncGenerator<DuePacket> {
  for await (const packet of packets) yield { ...packet, dueUs: packet.timestampUs };
}

/** Marks no packet: fragments follow another track's key frames. */
export async function* keyNever(packets: AsyncIterable<Packet>): AsyncGenerator<Packet> {
  for await (const packet of packets) yield { ...packet, isKey: false };
}

/**
 * Merges tracks by due time. At equal milliseconds the earlier track of the list goes first: put the video track there, so
 * that a key frame precedes the audio of its own millisecond.
 * @returns pairs of position in `tracks` and packet
 */
export async function* mergeTracks(tracks: readonly AsyncGenerator<DuePacket>[]): AsyncGenerator<[number, DuePacket]> {
  try {
    const heads = await Promise.all(tracks.map((track) => track.next()));
    for (;;) {
      let earliest = -1;
      let earliestMs = Infinity;
      for (const [position, head] of heads.entries()) {
        if (head.done) continue;
        const dueMs = timecodeMs(head.value.dueUs);
        if (dueMs >= earliestMs) continue;
        earliest = position;
        earliestMs = dueMs;
      }
      if (earliest < 0) return;
      yield [earliest, heads[earliest]!.value as DuePacket];
      heads[earliest] = await tracks[earliest]!.next();
    }
  } finally {
    await Promise.allSettled(tracks.map((track) => track.return(undefined)));
  }
}
