/** Each chunk of a GetMedia response is a Matroska document that common tools read without a warning. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetMediaCommand } from '@aws-sdk/client-kinesis-video-media';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newStream } from '../support/new-stream.ts';
import { upload } from '../support/put-media-client.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const CAPTURE = new URL('../../../shared/media/putmedia-native-h264-aac.mkv', import.meta.url);
/** First bytes of an EBML header: where a document begins. */
const DOCUMENT_START = Buffer.from('1a45dfa3', 'hex');
const NAME = 'ffprobe and mkvinfo read every chunk without a warning';

const tools = suite('service: chunks and tools');

tools(NAME, async () => {
  const directory = await temporaryDirectory();
  const service = await startTestService({ limits: { readerIdleTimeoutMs: 50 } });
  try {
    const streamName = await newStream(service);
    await upload(service.url, readFileSync(CAPTURE), { streamName });
    const { Payload } = await service.media.send(
      new GetMediaCommand({ StreamName: streamName, StartSelector: { StartSelectorType: 'EARLIEST' } }),
    );
    const pieces: Uint8Array[] = [];
    for await (const piece of Payload as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
    const documents = documentsOf(Buffer.concat(pieces));
    assert.is(documents.length, 3);
    for (const [index, document] of documents.entries()) {
      const path = join(directory, `chunk-${index}.mkv`);
      await writeFile(path, document);
      const options = ['-v', 'warning', '-show_packets', '-of', 'json', path];
      const probe = spawnSync('ffprobe', options, { encoding: 'utf8', maxBuffer: 16 << 20 });
      assert.is(probe.stderr, '', `ffprobe of chunk ${index}`);
      assert.ok((JSON.parse(probe.stdout) as { packets: unknown[] }).packets.length > 0);
      const info = spawnSync('mkvinfo', ['-v', '-v', path], { encoding: 'utf8', maxBuffer: 16 << 20 });
      assert.is(info.status, 0, info.stdout);
      assert.not.match(info.stdout, /warning|error|resync/i, `mkvinfo of chunk ${index}`);
      assert.match(info.stdout, 'AWS_KINESISVIDEO_CONTINUATION_TOKEN');
    }
  } finally {
    await service.close();
    await removeDirectory(directory);
  }
});

function documentsOf(bytes: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(DOCUMENT_START); at >= 0; at = bytes.indexOf(DOCUMENT_START, at + 1)) starts.push(at);
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}

const missing = ['ffprobe', 'mkvinfo'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
if (missing.length > 0) skip(NAME, `${missing.join(' and ')} are not there`);
else if (!existsSync(CAPTURE)) skip(NAME, 'the capture is not there');
else tools.run();
