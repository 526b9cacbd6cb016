import { MAX_PARAMETER_SETS_BYTES } from '../limits';
import { avccToAnnexB } from '../nal/avcc';
import { holdsSetsOf, listPrivateData, listSetsOf, mergeSets } from '../nal/parameter-sets';
import { ADAPTED_CPD_GROWTH, adaptCodecPrivate, CODEC_H265, Track } from './track';

/**
 * Parameter sets in key frames beside those that the track has: a camera that changes its resolution, an encoder that was restarted.
 *
 * What decoders use is what the stream carries, so it goes before what the application gave. Only what stands in front of the first slice
 * of a key frame is looked at; a picture that is no key frame cannot begin a fragment, and its parameter sets stay unnoticed until the next
 * key frame repeats them. Sets that take more than MAX_PARAMETER_SETS_BYTES together are not looked at.
 */

/** Lists at work, and the codec private data that waits for its frame to be taken. One frame is looked at at a time. */
const FOUND: usize = memory.data(2048, 16);
const MERGED: usize = memory.data(2048, 16);
const PENDING: usize = memory.data(2080, 16);
const PENDING_ROOM: u32 = MAX_PARAMETER_SETS_BYTES + ADAPTED_CPD_GROWTH;

/**
 * Compares a key frame's parameter sets with those of the track. Sets that are known, all of them or some, are no change; the usual case
 * ends there. Neither is what the header would not tell: a second picture parameter set has no place in the avcC that is written.
 * @param avcc framing of the payload, checked
 * @param asRecord whether the private data is to be a configuration record
 * @returns bytes of the new codec private data, pending; 0 for no change
 */
export function findChange(track: Track, avcc: bool, asRecord: bool, payload: usize, sizeBytes: u32): u32 {
  const isH265 = track.codec == CODEC_H265;
  if (holdsSetsOf(isH265, track.sets, track.setsBytes, avcc, payload, sizeBytes)) return 0;
  const found = listSetsOf(isH265, FOUND, MAX_PARAMETER_SETS_BYTES, avcc, payload, sizeBytes);
  if (found < 0) return 0;
  const merged = mergeSets(isH265, MERGED, MAX_PARAMETER_SETS_BYTES, track.sets, track.setsBytes, FOUND, found);
  if (merged < 0) return 0;
  memory.copy(FOUND, MERGED, merged);
  avccToAnnexB(FOUND, merged);
  const bytes = adaptCodecPrivate(PENDING, PENDING_ROOM, track.codec, asRecord, FOUND, merged);
  if (bytes < 0) return 0;
  const told = listPrivateData(isH265, FOUND, MAX_PARAMETER_SETS_BYTES, PENDING, bytes);
  if (told <= 0 || !holdsSetsOf(isH265, track.sets, track.setsBytes, true, FOUND, told)) return bytes;
  // Known from now on, so that its repetition is found at once.
  memory.copy(track.sets, MERGED, merged);
  track.setsBytes = merged;
  return 0;
}

/** Makes the pending bytes the track's own. */
export function takePending(track: Track, sizeBytes: u32): void {
  memory.copy(track.cpd, PENDING, sizeBytes);
}
