/** Starts the embedded service in this runtime, uploads to it, starts it anew on the same directory, and reads back what was persisted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createNodePlatform, createProducer } from '../../bindings/node/index.ts';
import { startService } from '../../service/host/node.ts';
import { putAll, readBack, VIDEO } from '../conformance/service-bench.ts';
import { syntheticVideo } from '../conformance/synthetic-video.ts';

const TIME_LIMIT_MS = 60_000;
const STREAM = 'front-door';
const region = 'us-west-2';
const credentials = { accessKeyId: 'penstock', secretAccessKey: 'penstock-development' };

const limit = setTimeout(() => process.exit(1), TIME_LIMIT_MS);
const directory = await mkdtemp(join(tmpdir(), 'penstock-service-'));
try {
  const frames = syntheticVideo({ fragments: 20, startUs: Date.now() * 1000 });
  const first = await startService({ directory });
  const producer = await createProducer({ region, endpoint: first.url, credentials });
  const stream = await producer.openStream(STREAM, VIDEO);
  await putAll(stream, frames);
  await stream.stop();
  await producer.close();
  await first.close();
  const second = await startService({ directory });
  const target = { region, endpoint: second.url, credentials };
  const received = await readBack(target, createNodePlatform(), STREAM, frames.length);
  await second.close();
  console.log(`${received.size} of ${frames.length} frames came back`);
} finally {
  await rm(directory, { recursive: true, force: true });
  clearTimeout(limit);
}
