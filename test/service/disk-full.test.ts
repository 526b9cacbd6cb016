/** A disk that takes no more, played by a limit on the size of files: what was persisted stays, what follows is refused. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DescribeStreamCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readChunks } from '../support/media-reader.ts';
import { bytesOf, cluster, endOfFragment, plainFragment, simpleBlock, streamHeader } from '../support/mkv-builder.ts';
import { newStream } from '../support/new-stream.ts';
import { TestUpload, within } from '../support/put-media-client.ts';
import { clientOptions, startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const FILE_LIMIT_KIBIBYTES = 2048;
const HEADER = streamHeader();

interface LimitedService {
  readonly url: string;
  readonly control: KinesisVideoClient;
  readonly media: KinesisVideoMediaClient;
  stop(): Promise<void>;
}

/** The service in a process whose files cannot grow beyond the limit: EFBIG, which behaves as ENOSPC does. */
async function startLimitedService(directory: string): Promise<LimitedService> {
  const main = fileURLToPath(new URL('./disk-full-child.ts', import.meta.url));
  // Without the trap, the kernel would end the process instead of failing its write.
  const script = `trap '' XFSZ; ulimit -f ${FILE_LIMIT_KIBIBYTES}; exec "$@"`;
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, '--import', 'tsx', main, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await within(once(child.stdout, 'data'), 'the service to start', 30_000)) as [Buffer];
  const url = line.toString().trim();
  const control = new KinesisVideoClient(clientOptions({ url }));
  const media = new KinesisVideoMediaClient(clientOptions({ url }));
  return {
    url,
    control,
    media,
    async stop() {
      control.destroy();
      media.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const full = suite('service: disk full');

const timecodes = (acks: TestUpload['acks'], eventType: string): (number | undefined)[] =>
  acks.filter((ack) => ack.EventType === eventType).map((ack) => ack.FragmentTimecode);

/** What was acknowledged as persisted can be read. More may be: an index that fails may have taken what it was given. */
async function checkReadable(
  media: KinesisVideoMediaClient,
  persisted: Readonly<Record<string, readonly unknown[]>>,
): Promise<void> {
  for (const [streamName, { length }] of Object.entries(persisted)) {
    const chunks = await readChunks(media, streamName);
    assert.ok(chunks.length >= length, `${chunks.length} of ${length} fragments of ${streamName}`);
  }
}

full('a full segment file or index costs nothing that was persisted, and the service goes on', async () => {
  const directory = await temporaryDirectory();
  const persisted: Record<string, (number | undefined)[]> = {};
  const service = await startLimitedService(directory);
  try {
    const payload = new Uint8Array(200_000);
    const large = await newStream(service);
    const media = await TestUpload.open(service.url, { streamName: large });
    await media.write(HEADER);
    for (let index = 0; index < 20; index++) {
      await media.write(bytesOf(cluster(index * 1000, simpleBlock(0, { payload })), endOfFragment()));
    }
    const mediaAcks = await media.over();
    assert.is(mediaAcks.at(-1)?.ErrorId, 5001, 'the segment file is full');
    persisted[large] = timecodes(media.acks, 'PERSISTED');
    assert.is(persisted[large].length, 10, 'ten fragments of 200 KB fit in two MiB');

    const many = await newStream(service);
    const rows = await TestUpload.open(service.url, { streamName: many });
    await rows.write(HEADER);
    for (let index = 0; index < 3000 && !rows.acks.some((ack) => ack.EventType === 'ERROR'); index++) {
      await rows.write(bytesOf(plainFragment(index * 1000), endOfFragment()));
      if (index % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await rows.over();
    assert.is(rows.acks.at(-1)?.ErrorId, 5001, 'the index is full');
    persisted[many] = timecodes(rows.acks, 'PERSISTED');

    await checkReadable(service.media, persisted);
    await service.control.send(new DescribeStreamCommand({ StreamName: many }));
  } finally {
    await service.stop();
  }
  const roomy = await startTestService({ directory, limits: { readerIdleTimeoutMs: 50 } });
  await checkReadable(roomy.media, persisted);
  for (const streamName of Object.keys(persisted)) {
    const sent = await TestUpload.open(roomy.url, { streamName });
    await sent.write(bytesOf(HEADER, plainFragment(0), endOfFragment()));
    await sent.ack('PERSISTED', 0);
    sent.end();
    await sent.over();
  }
  await roomy.close();
  await removeDirectory(directory);
});

if (process.platform === 'win32') skip('disk full', 'no limit on the size of files here');
else full.run();
