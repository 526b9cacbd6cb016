/** The signer in QuickJS, an engine that has the language and nothing of the web: no URL, no TextEncoder, no crypto. */
import { createHash, createHmac } from 'node:crypto';
import { build } from 'esbuild';
import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_PAYLOAD_HASH } from '../../../sdk/aws/signature-v4.ts';
import { sign } from '../../support/sign.ts';
import * as published from '../../support/signature-suite.ts';

const it = suite('signing without web API');

const PROGRAM = `
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const platform = {
  now: () => ${published.SUITE_DATE_MS},
  sha256: async (data) => fromHex(hostHash(toHex(data))),
  hmacSha256: async (key, data) => fromHex(hostHmac(toHex(key), toHex(data))),
};
const credentials = async () => (${JSON.stringify({ ...published.SUITE_CREDENTIALS, sessionToken: 'TOKEN' })});
const absent = ['URL', 'TextEncoder', 'crypto', 'Intl', 'Buffer'].filter((name) => name in globalThis);
if (absent.length > 0) throw new Error('this engine has ' + absent);
globalThis.answer = 'pending';
signing.createSigner(platform, 'us-west-2', credentials)({
  method: 'POST',
  url: 'https://s-0123abcd.kinesisvideo.us-west-2.amazonaws.com/putMedia',
  headers: { 'x-amzn-stream-name': 'front-door', 'content-type': 'application/json' },
}).then((headers) => (globalThis.answer = headers.authorization), (error) => (globalThis.answer = String(error)));
`;

it('createSigner() signs PutMedia there, as anywhere', async () => {
  const bundled = await build({
    entryPoints: ['sdk/aws/signing.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'signing',
    platform: 'neutral',
    minify: true,
  });
  const code = bundled.outputFiles[0]?.text as string;
  assert.ok(code.length < 4096, `${code.length} bytes of minified code`);
  const engine = (await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-ng-wasmfile-release-sync'))).newContext();
  try {
    expose(engine, 'hostHash', (data) => createHash('sha256').update(data, 'hex').digest('hex'));
    expose(engine, 'hostHmac', (key, data) =>
      createHmac('sha256', Buffer.from(key, 'hex')).update(data, 'hex').digest('hex'),
    );
    engine.unwrapResult(engine.evalCode(code + PROGRAM)).dispose();
    engine.unwrapResult(engine.runtime.executePendingJobs()).toString();
    const answer = engine.getProp(engine.global, 'answer').consume((handle) => engine.getString(handle));
    const { authorization } = sign({
      path: '/putMedia',
      headers: {
        host: 's-0123abcd.kinesisvideo.us-west-2.amazonaws.com',
        'x-amz-security-token': 'TOKEN',
        'x-amzn-stream-name': 'front-door',
      },
      payloadHash: EMPTY_PAYLOAD_HASH,
      region: 'us-west-2',
      dateMs: published.SUITE_DATE_MS,
      credentials: published.SUITE_CREDENTIALS,
    });
    assert.is(answer, authorization);
  } finally {
    engine.dispose();
  }
});

/** A function of strings for the engine's programs. */
function expose(engine: QuickJSContext, name: string, run: (...given: string[]) => string): void {
  const wrapped = (...handles: QuickJSHandle[]): QuickJSHandle =>
    engine.newString(run(...handles.map((handle) => engine.getString(handle))));
  engine.newFunction(name, wrapped).consume((handle) => engine.setProp(engine.global, name, handle));
}

it.run();
