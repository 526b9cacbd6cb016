/** The demo's recording as a file of raw H.264. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openMediaSource } from '../../cli/sources/open-source.ts';

/** Writes the pictures of the demo's recording as Annex-B: lengths of four bytes become start codes of four bytes. */
export async function writeRawRecording(path: string): Promise<void> {
  const source = await openMediaSource(fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url)), {
    tracks: 'video',
  });
  const startCode = Buffer.from([0, 0, 0, 1]);
  const configuration = Buffer.from(source.tracks[0]!.codecPrivateData!);
  const spsSize = configuration.readUInt16BE(6);
  const ppsAt = 8 + spsSize + 3;
  const sps = configuration.subarray(8, 8 + spsSize);
  const pps = configuration.subarray(ppsAt, ppsAt + configuration.readUInt16BE(ppsAt - 2));
  const pieces: Uint8Array[] = [];
  for await (const { data, isKey } of source.frames()) {
    if (isKey) pieces.push(startCode, sps, startCode, pps);
    const picture = Buffer.from(data);
    for (let at = 0; at < picture.length;) {
      const sizeBytes = picture.readUInt32BE(at);
      startCode.copy(picture, at);
      at += 4 + sizeBytes;
    }
    pieces.push(picture);
  }
  await source.close();
  await writeFile(path, Buffer.concat(pieces));
}
