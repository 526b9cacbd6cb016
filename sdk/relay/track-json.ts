/** The tracks of a stream as JSON. What their values may be is the producer's to say; here they only get their types. */
import type { TrackOptions } from '../producer/options.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { badMessage, type JsonObject, numberOf, optional, textOf } from './wire.ts';

const TEXTS = ['codecId', 'contentType', 'name', 'framing'] as const;
const NUMBERS = ['trackNumber', 'width', 'height', 'sampleRate', 'channels', 'bitDepth'] as const;

/** `trackId` is a decimal text, since it may have 64 bits; `codecPrivateData` is base64. */
export function trackJson(track: TrackOptions): JsonObject {
  const { trackId, codecPrivateData, ...rest } = track;
  return {
    ...rest,
    ...(trackId === undefined ? {} : { trackId: String(trackId) }),
    ...(codecPrivateData === undefined ? {} : { codecPrivateData: toBase64(codecPrivateData) }),
  };
}

/** Throws `RelayError` bad-message where a field has another type; other fields are left out. */
export function readTrack(json: JsonObject): TrackOptions {
  const kind = textOf(json, 'kind');
  if (kind !== 'video' && kind !== 'audio' && kind !== 'data') throw badMessage(`'${kind}' is not a kind of track`);
  const trackId = optional(json, 'trackId', textOf);
  if (trackId !== undefined && !/^\d{1,20}$/.test(trackId)) throw badMessage(`'${trackId}' is not a track id`);
  const privateData = optional(json, 'codecPrivateData', textOf);
  const codecPrivateData = privateData === undefined ? undefined : fromBase64(privateData);
  if (privateData !== undefined && codecPrivateData === undefined) throw badMessage("'codecPrivateData' is not base64");
  const fields: Record<string, unknown> = {};
  for (const name of TEXTS) fields[name] = optional(json, name, textOf);
  for (const name of NUMBERS) fields[name] = optional(json, name, numberOf);
  const framing = fields['framing'];
  if (framing !== undefined && framing !== 'annexb' && framing !== 'avcc')
    throw badMessage("'framing' is not annexb or avcc");
  fields['trackId'] = trackId === undefined ? undefined : BigInt(trackId);
  fields['codecPrivateData'] = codecPrivateData;
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), kind, codec: textOf(json, 'codec') };
}
