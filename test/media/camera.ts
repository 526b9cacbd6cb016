/** The raw camera recordings beside the repository, cut into access units. */
import { readFileSync } from 'node:fs';
import { recordingPath } from './recordings.ts';

export interface AccessUnit {
  readonly data: Uint8Array;
  readonly isKey: boolean;
}

/** Bits of unit types that make a key frame: IDR in H.264 (ITU-T H.264 table 7-1), IRAP in H.265 (ITU-T H.265 table 7-1). */
const IS_KEY_UNIT: Readonly<Record<string, (header: number) => boolean>> = {
  h264: (header) => (header & 31) === 5,
  h265: (header) => ((header >> 1) & 63) >= 16 && ((header >> 1) & 63) <= 21,
};

function hasKeyUnit(data: Uint8Array, isKeyUnit: (header: number) => boolean): boolean {
  for (let at = 0; at + 3 < data.length; at++)
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1 && isKeyUnit(data[at + 3] as number)) return true;
  return false;
}

/** The access units of `camera.CODEC`, or null after naming the skipped test; every frame of sound is a key frame. */
export function cameraUnits(codec: string, testName: string): AccessUnit[] | null {
  const path = recordingPath(`camera.${codec}`, testName);
  if (path === null) return null;
  const { sizes } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { readonly sizes: readonly number[] };
  const bytes = new Uint8Array(readFileSync(path));
  const isKeyUnit = IS_KEY_UNIT[codec];
  let at = 0;
  const units = sizes.map((size) => {
    const data = bytes.subarray(at, at + size);
    at += size;
    return { data, isKey: isKeyUnit === undefined || hasKeyUnit(data, isKeyUnit) };
  });
  if (at !== bytes.length) throw new Error(`The sizes of camera.${codec} do not add up`);
  return units;
}
