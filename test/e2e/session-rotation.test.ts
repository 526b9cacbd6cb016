// time-limit-s: 120
/** Connections that are replaced in time, against the real service: every frame arrives once. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer, fileCredentials, type Frame, iotCredentials } from '../../bindings/node/index.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import type { Credentials, Platform } from '../../sdk/platform.ts';
import { DEVELOPMENT_CREDENTIALS, type ServiceCredentials } from '../../service/credentials.ts';
import { expirationOf, iotAnswer, startIotEndpoint } from '../support/iot-endpoint.ts';
import { loadCore } from '../support/load-core.ts';
import { startTestService } from '../support/service.ts';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { TEST_TRACK } from '../support/test-stream.ts';

const REGION = 'eu-west-1';
const FRAME_MS = 20;
const FRAMES_A_FRAGMENT = 10;
/** Fragments put after the last rotation that is waited for. */
const MORE_FRAMES = 3 * FRAMES_A_FRAGMENT;
const MAX_FRAMES = 1_500;

const it = suite('session rotation');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Frame `i` of a stream that began at `startMs`: its number, length-prefixed. */
function numberedFrame(i: number, startMs: number): Frame {
  const data = new Uint8Array(600).fill(i & 0xff);
  const view = new DataView(data.buffer);
  view.setUint32(0, data.length - 4);
  const isKey = i % FRAMES_A_FRAGMENT === 0;
  data[4] = isKey ? 0x65 : 0x41;
  view.setUint32(8, i);
  return { data, timestampUs: (startMs + i * FRAME_MS) * 1000, isKey };
}

/** Puts frames in their time until two connections took over, and some more; then reads them back. */
async function rotateTwice(options: {
  readonly credentials: Credentials | (() => Promise<Credentials>);
  readonly sessionDurationMs?: number;
  /** Pairs that the service lets in; media are read back with the first. */
  readonly accepted?: readonly ServiceCredentials[];
}): Promise<void> {
  const { accepted = [DEVELOPMENT_CREDENTIALS] } = options;
  const service = await startTestService({ region: REGION, credentials: accepted });
  const producer = await createProducer({
    region: REGION,
    endpoint: service.url,
    credentials: options.credentials,
    logLevel: 'silent',
  });
  const stream = await producer.openStream('front-door', {
    tracks: [TEST_TRACK],
    ...(options.sessionDurationMs === undefined ? {} : { sessionDurationMs: options.sessionDurationMs }),
  });
  const startMs = Date.now();
  let put = 0;
  for (let more = 0; more < MORE_FRAMES && put < MAX_FRAMES;) {
    if (stream.metrics.handovers >= 2) more++;
    await stream.putFrame(numberedFrame(put++, startMs));
    await pause(FRAME_MS);
  }
  await stream.stop();
  const { handovers, reconnects, sessions, fragmentsResent, framesPut, fragmentsPut, fragmentsPersisted } =
    stream.metrics;
  assert.ok(handovers >= 2, `${handovers} handovers in ${put} frames`);
  assert.equal(
    { reconnects, sessions, fragmentsResent, framesPut, fragmentsPersisted },
    { reconnects: 0, sessions: handovers + 1, fragmentsResent: 0, framesPut: put, fragmentsPersisted: fragmentsPut },
  );
  const target = {
    platform: createNodePlatform(),
    region: REGION,
    endpoint: service.url,
    credentials: accepted[0] as ServiceCredentials,
  };
  const media = await getMedia(target, 'front-door', { type: 'EARLIEST' }, { signal: AbortSignal.timeout(20_000) });
  const numbers: number[] = [];
  for await (const { frames } of readFragments(loadCore('simd'), media)) {
    for (const { data } of frames) numbers.push(new DataView(data.buffer, data.byteOffset).getUint32(8));
    if (numbers.length >= put) break;
  }
  assert.equal(
    numbers,
    Array.from({ length: put }, (_, i) => i),
    'every frame once, in order',
  );
  await producer.close();
  await service.close();
}

it('after sessionDurationMs', () => rotateTwice({ credentials: DEVELOPMENT_CREDENTIALS, sessionDurationMs: 600 }));

it('before credentials expire, with fresh ones', async () => {
  let fetches = 0;
  await rotateTwice({
    credentials: () => {
      fetches++;
      return Promise.resolve({ ...DEVELOPMENT_CREDENTIALS, expiresAtMs: Date.now() + 1_500 });
    },
  });
  assert.ok(fetches >= 3, `${fetches} fetches`);
});

it('of a device: each time other credentials of an IoT role alias, some answers of which are cut or refused', async () => {
  const iot = await startIotEndpoint();
  const pairs = Array.from({ length: 60 }, (_, i) => ({
    accessKeyId: `IOTKEY${i}`,
    secretAccessKey: `secret-of-device-${i}`,
  }));
  const given = new Set<string>();
  iot.answer = (response, count) => {
    const text = iotAnswer(expirationOf(Date.now() + 5_000), pairs[count % pairs.length]);
    if (count % 4 === 2) response.write(text.slice(0, 50), () => response.socket?.destroy());
    else if (count % 4 === 3) response.writeHead(503).end('{"message":"later"}');
    else response.end(text, () => given.add(`IOTKEY${count % pairs.length}`));
  };
  const credentials = iotCredentials(createNodePlatform({ logLevel: 'silent' }), {
    endpoint: iot.endpoint,
    certificate: { ...iot.client, caPem: iot.authority.certificatePem },
    roleAlias: 'CameraRole',
    streamName: 'front-door',
  });
  await rotateTwice({ credentials, accepted: pairs });
  assert.ok(given.size >= 3, `${[...given].join()} were given in ${iot.requests.length} requests`);
  await iot.close();
});

it('of a file: it is replaced again and again, and now and then found half written', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, 'credential');
  const { accessKeyId, secretAccessKey } = DEVELOPMENT_CREDENTIALS;
  const platform = createNodePlatform({ logLevel: 'silent' });
  let reads = 0;
  const rewritten = {
    now: () => platform.now(),
    readFile: async (file: string) => {
      const text = `CREDENTIALS ${accessKeyId} ${expirationOf(Date.now() + 5_000)} ${secretAccessKey} token${++reads}\n`;
      await writeFile(path, reads % 3 === 2 ? text.slice(0, 40) : text);
      return (platform.readFile as NonNullable<Platform['readFile']>)(file);
    },
  };
  await rotateTwice({ credentials: fileCredentials(rewritten, path) });
  assert.ok(reads >= 4, `${reads} reads`);
  await removeDirectory(directory);
});

it.run();
