/** Garbage collection must not end a response: Node's fetch cancels a body that nobody reads yet once its Response object is gone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../bindings/node/platform.ts';
import type { Platform } from '../../sdk/platform.ts';

const BODY_BYTES = 1 << 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The body alone, as a caller keeps it who has seen the head. */
async function bodyOf(platform: Platform, url: string): Promise<ReadableStream<Uint8Array>> {
  const { body } = await platform.fetch({ method: 'GET', url, headers: {} });
  if (body === null) throw new Error('No body');
  return body;
}

const it = suite('garbage collection');

it('a body outlives the response that it came with', async () => {
  const server = createServer((_request, response) => response.end(new Uint8Array(BODY_BYTES)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    const body = await bodyOf(createNodePlatform(), `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (let round = 0; round < 5; round++) {
      collectGarbage();
      await sleep(1);
    }
    assert.is((await new Response(body).arrayBuffer()).byteLength, BODY_BYTES);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it.run();
