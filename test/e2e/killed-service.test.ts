// time-limit-s: 420
/**
 * kill -9 of the service during ingest, again and again on one directory: every fragment acknowledged as PERSISTED is
 * read back identical after each restart, and nothing is visible that was not sent whole.
 */
import { CreateStreamCommand, KinesisVideoClient } from '@aws-sdk/client-kinesis-video';
import { GetMediaCommand, KinesisVideoMediaClient } from '@aws-sdk/client-kinesis-video-media';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { loadCore } from '../support/load-core.ts';
import { bytesOf, cluster, simpleBlock, streamHeader } from '../support/mkv-builder.ts';
import { TestUpload } from '../support/put-media-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { clientOptions } from '../support/service.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const KILLS = 50;
const FRAMES_A_FRAGMENT = 3;
const SEED = Number(process.env['PENSTOCK_SEED'] ?? 20_261);

/** A fragment is known by its cluster timecode; its payloads follow from it. */
interface Sent {
  readonly timecode: number;
  readonly payload: Uint8Array;
  isWhole: boolean;
}

const it = suite('service killed during ingest');

it(`loses no persisted fragment and shows no other when killed ${KILLS} times (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const directory = await temporaryDirectory();
  const sent = new Map<number, Sent>();
  const persisted = new Set<number>();
  let visibleCount = 0;
  try {
    for (let round = 0; round <= KILLS; round++) {
      const service = await startServiceProcess(directory);
      try {
        if (round === 0) await createStream(service.url);
        else visibleCount = await checkVisible(service.url, sent, persisted);
        if (round < KILLS) await uploadUntilKilled(service, round, random, sent, persisted);
      } finally {
        await service.kill();
      }
    }
    assert.ok(
      persisted.size >= KILLS,
      `only ${persisted.size} fragments were persisted: the kills came too early to show anything`,
    );
    console.log(
      `killed ${KILLS} times: ${sent.size} fragments begun, ${persisted.size} acknowledged, ${visibleCount} visible`,
    );
  } finally {
    await removeDirectory(directory);
  }
});

it.run();

async function createStream(url: string): Promise<void> {
  const control = new KinesisVideoClient(clientOptions({ url }));
  await control.send(new CreateStreamCommand({ StreamName: 'killed', DataRetentionInHours: 24 }));
  control.destroy();
}

/** Sends fragments as fast as they are taken, and kills the service a random while later. */
async function uploadUntilKilled(
  service: { readonly url: string; kill(): Promise<void> },
  round: number,
  random: () => number,
  sent: Map<number, Sent>,
  persisted: Set<number>,
): Promise<void> {
  const upload = await TestUpload.open(service.url, { streamName: 'killed', timecodeType: 'ABSOLUTE' });
  await upload.write(streamHeader());
  const delayMs = 20 + random() * 180;
  let isKilled = false;
  const killing = new Promise((resolve) => setTimeout(resolve, delayMs)).then(() => {
    isKilled = true;
    return service.kill();
  });
  for (let index = 0; !isKilled && index < 1000; index++) {
    const timecode = 1_700_000_000_000 + round * 10_000_000 + index * 1000;
    const fragment: Sent = { timecode, payload: payloadOf(timecode, Math.floor(random() * 10_000)), isWhole: false };
    const previous = sent.get(timecode - 1000);
    sent.set(timecode, fragment);
    const blocks = Array.from({ length: FRAMES_A_FRAGMENT }, (_, frame) =>
      simpleBlock(frame * 40, { payload: fragment.payload }),
    );
    // The next cluster's header is what ends a fragment.
    if (previous !== undefined) previous.isWhole = true;
    await upload.write(bytesOf(cluster(timecode, ...blocks)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await killing;
  const acks = await upload.over();
  for (const ack of acks) {
    if (ack.EventType === 'PERSISTED' && ack.FragmentTimecode !== undefined) persisted.add(ack.FragmentTimecode);
    assert.is.not(ack.EventType, 'ERROR', JSON.stringify(ack));
  }
}

/** Reads everything back through the official client; returns how many fragments are visible. */
async function checkVisible(
  url: string,
  sent: ReadonlyMap<number, Sent>,
  persisted: ReadonlySet<number>,
): Promise<number> {
  const media = new KinesisVideoMediaClient(clientOptions({ url }));
  const visible = new Set<number>();
  try {
    const answer = await media.send(
      new GetMediaCommand({ StreamName: 'killed', StartSelector: { StartSelectorType: 'EARLIEST' } }),
    );
    const body = answer.Payload as unknown as AsyncIterable<Uint8Array>;
    for await (const fragment of readFragments(loadCore('simd'), body)) {
      const expected = sent.get(fragment.clusterTimecode);
      assert.ok(expected?.isWhole, `fragment ${fragment.clusterTimecode} is visible, but was never sent whole`);
      assert.is(fragment.frames.length, FRAMES_A_FRAGMENT, `frames of fragment ${fragment.clusterTimecode}`);
      for (const frame of fragment.frames) {
        assert.ok(Buffer.from(frame.data).equals(expected.payload), `bytes of fragment ${fragment.clusterTimecode}`);
      }
      assert.not(visible.has(fragment.clusterTimecode), `fragment ${fragment.clusterTimecode} is there twice`);
      visible.add(fragment.clusterTimecode);
    }
  } finally {
    media.destroy();
  }
  for (const timecode of persisted) assert.ok(visible.has(timecode), `persisted fragment ${timecode} is lost`);
  return visible.size;
}

function payloadOf(timecode: number, extraBytes: number): Uint8Array {
  const payload = new Uint8Array(16 + extraBytes);
  for (let i = 0, state = timecode >>> 0; i < payload.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    payload[i] = state >>> 24;
  }
  return payload;
}
