/** The embedded example in QuickJS on hosts that make it hard: bytes one at a time, a clock that is set back, a lost connection, little memory. */
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import type { WebAssemblyHost } from '../../bindings/embedded/host.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { readBack } from '../conformance/service-bench.ts';
import { packageFile } from '../support/embedded-bundle.ts';
import { type Engine, startQuickJs } from '../support/embedded-engines.ts';
import { createTestHost, type TestHost } from '../support/embedded-host.ts';
import { startTestService } from '../support/service.ts';

const FRAMES = 60;
const STREAM_NAME = 'front-door';
const REGION = 'us-west-2';
const HOUR_MS = 3_600_000;

async function startExample(memoryLimitBytes?: number): Promise<Engine> {
  const source = await readFile(new URL('../../examples/embedded/camera.ts', import.meta.url), 'utf8');
  const application = source.replace('../../bindings/embedded/index.ts', 'penstock/embedded');
  const { code } = await transform(application, { loader: 'ts', format: 'esm' });
  return startQuickJs(code, { 'penstock/embedded': await packageFile('embedded.js') }, memoryLimitBytes);
}

const told = (engine: Engine, name: string, ...values: ReadonlyArray<object | string>): Promise<string> =>
  new Promise((resolve) => void engine.call(name, ...values, resolve));

interface HardHost {
  readonly host: WebAssemblyHost;
  /** Sets the clock back by an hour, and loses every connection. */
  readonly disturb: () => void;
}

/** One byte for each `receive`. */
function hardHost(inner: TestHost): HardHost {
  let behindMs = 0;
  interface Queue {
    readonly bytes: number[];
    wanted: boolean;
    /** Told when the bytes are gone. */
    end: (() => void) | undefined;
    readonly give: (bytes: ArrayBuffer) => void;
  }
  const queues = new Map<number, Queue>();
  const losses = new Map<number, (failure: string) => void>();
  const deliver = (connection: number): void => {
    const queue = queues.get(connection);
    if (queue?.wanted !== true) return;
    const byte = queue.bytes.shift();
    if (byte === undefined) return queue.end?.();
    queue.wanted = false;
    queue.give(Uint8Array.of(byte).buffer);
  };
  const forget = (connection: number): void => {
    queues.delete(connection);
    losses.delete(connection);
  };
  const host: WebAssemblyHost = {
    ...inner,
    now: () => inner.now() - behindMs,
    connect(hostname, port, isSecure, onWritable, onBytes, onClosed) {
      const connection: number = inner.connect(
        hostname,
        port,
        isSecure,
        onWritable,
        (bytes) => {
          queues.get(connection)?.bytes.push(...new Uint8Array(bytes));
          deliver(connection);
        },
        (failure) => {
          const end = (): void => {
            forget(connection);
            onClosed(failure);
          };
          const queue = queues.get(connection);
          if (queue === undefined || queue.bytes.length === 0) return end();
          queue.end = end;
        },
      );
      queues.set(connection, { bytes: [], wanted: false, end: undefined, give: onBytes });
      losses.set(connection, onClosed);
      return connection;
    },
    receive(connection) {
      const queue = queues.get(connection);
      if (queue === undefined) return;
      queue.wanted = true;
      if (queue.bytes.length === 0 && queue.end === undefined) inner.receive(connection);
      else setImmediate(() => deliver(connection));
    },
    close(connection) {
      forget(connection);
      inner.close(connection);
    },
  };
  return {
    host,
    disturb() {
      behindMs += HOUR_MS;
      for (const [connection, lose] of losses) {
        forget(connection);
        inner.close(connection);
        lose('the network is gone');
      }
    },
  };
}

const it = suite('hosts of the embedded example');

it('answers come byte by byte, the clock is set back by an hour and the connection lost: every frame arrives', async () => {
  const service = await startTestService({ region: REGION });
  const inner = createTestHost('quickjs');
  const { host, disturb } = hardHost(inner);
  const engine = await startExample();
  const recording = await openMediaSource(new URL('../../examples/demo/recording.mp4', import.meta.url).pathname, {
    tracks: 'video',
  });
  try {
    const credentials = DEVELOPMENT_CREDENTIALS;
    const settings = { streamName: STREAM_NAME, region: REGION, endpoint: service.url, credentials };
    assert.is(await told(engine, 'start', host, JSON.stringify(settings)), '');
    const startUs = Date.now() * 1000;
    let sent = 0;
    for await (const { data, timestampUs, isKey } of recording.frames()) {
      if (sent === FRAMES / 2) disturb();
      assert.is(engine.call('onFrame', data.slice().buffer, startUs + timestampUs, isKey), true);
      if (++sent === FRAMES) break;
    }
    assert.is(await told(engine, 'stop'), '');
    const task = { region: REGION, endpoint: service.url, credentials };
    const received = await readBack(task, createNodePlatform(), STREAM_NAME, FRAMES);
    assert.is(received.size, FRAMES);
    assert.is(inner.openConnections, 0);
  } finally {
    await recording.close();
    await service.close();
    inner.dispose();
    engine.dispose();
  }
});

it('where the engine may not have the memory of the store, that is told by its status', async () => {
  const host = createTestHost('quickjs');
  const engine = await startExample(2 << 20);
  const endpoint = 'http://127.0.0.1:1';
  const settings = { streamName: STREAM_NAME, region: REGION, endpoint, credentials: DEVELOPMENT_CREDENTIALS };
  assert.match(await told(engine, 'start', host, JSON.stringify(settings)), /^STATUS_NOT_ENOUGH_MEMORY: /);
  host.dispose();
  engine.dispose();
});

it.run();
