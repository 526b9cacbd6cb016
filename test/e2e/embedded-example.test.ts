/** The embedded example in QuickJS, importing the package's own bundle: what it put is what the service has. */
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { packageFile } from '../support/embedded-bundle.ts';
import { type Engine, startQuickJs } from '../support/embedded-engines.ts';
import { createTestHost } from '../support/embedded-host.ts';
import { loadCore } from '../support/load-core.ts';
import { startTestService } from '../support/service.ts';

const FRAMES = 90;
const STREAM_NAME = 'front-door';

/** The example in a QuickJS, which finds the package's own file. */
async function startExample(): Promise<Engine> {
  const source = await readFile(new URL('../../examples/embedded/camera.ts', import.meta.url), 'utf8');
  const application = source.replace('../../bindings/embedded/index.ts', 'penstock/embedded');
  const { code } = await transform(application, { loader: 'ts', format: 'esm' });
  return startQuickJs(code, { 'penstock/embedded': await packageFile('embedded.js') });
}

const it = suite('embedded example');

it("sends a camera's frames from QuickJS", async () => {
  const service = await startTestService();
  const host = createTestHost('quickjs');
  const engine = await startExample();
  const told = (name: string, ...values: ReadonlyArray<object | string>): Promise<string> =>
    new Promise((resolve) => void engine.call(name, ...values, resolve));
  const settings = { streamName: STREAM_NAME, region: 'us-west-2', endpoint: service.url };
  const recording = await openMediaSource(new URL('../../examples/demo/recording.mp4', import.meta.url).pathname, {
    tracks: 'video',
  });
  try {
    const credentials = DEVELOPMENT_CREDENTIALS;
    assert.is(await told('start', host, JSON.stringify({ ...settings, credentials })), '');
    const startUs = Date.now() * 1000;
    const sent: Uint8Array[] = [];
    for await (const { data, timestampUs, isKey } of recording.frames()) {
      const frame = data.slice();
      assert.is(engine.call('onFrame', frame.buffer, startUs + timestampUs, isKey), true);
      if (sent.push(frame) === FRAMES) break;
    }
    assert.is(await told('stop'), '');
    const target = {
      platform: createNodePlatform(),
      region: settings.region,
      endpoint: service.url,
      credentials: staticCredentials(credentials),
    };
    const received: Uint8Array[] = [];
    const limit = AbortSignal.timeout(60_000);
    const media = await getMedia(target, STREAM_NAME, { type: 'EARLIEST' }, { signal: limit });
    for await (const { frames } of readFragments(loadCore('simd'), media)) {
      received.push(...frames.map(({ data }) => data));
      if (received.length >= FRAMES) break;
    }
    assert.equal(received, sent);
    assert.is(host.openConnections, 0);
  } finally {
    await recording.close();
    await service.close();
    host.dispose();
    engine.dispose();
  }
});

it('tells the host what went wrong', async () => {
  const engine = await startExample();
  const told = (host: object, settings: object): Promise<string> =>
    new Promise((resolve) => void engine.call('start', host, JSON.stringify(settings), resolve));
  const incomplete = { ...createTestHost('quickjs'), send: undefined, randomBytes: undefined };
  assert.is(await told(incomplete, {}), 'STATUS_INVALID_ARG: The host lacks the functions send, randomBytes');
  const host = createTestHost('quickjs');
  assert.match(await told(host, { streamName: 'x' }), /^STATUS_CLIENT_AUTH_CALL_FAILED: .*pass them as an option/);
  assert.match(
    await told(host, { streamName: 'x', clientCallbacks: {} }),
    /^STATUS_NOT_IMPLEMENTED: Options of callbacks are not in the bundle/,
  );
  assert.is(engine.call('onFrame', new ArrayBuffer(1), 0, true), false);
  host.dispose();
  engine.dispose();
});

it.run();
