/** The platform's network: one request at a time, against the driver's own server. */
import { chunksOf } from '../../sdk/consumer/byte-source.ts';
import type { Platform } from '../../sdk/platform.ts';
import { assertBytes, assertSame, assertThat, type Check, concatenate, rejection } from './check.ts';
import type { EndToEndTask } from './end-to-end.ts';

const SENT = Uint8Array.of(1, 2, 3, 250, 0, 255);

async function bodyOf(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  assertThat(body !== null, 'There is no body');
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(body)) chunks.push(chunk);
  return concatenate(chunks);
}

/** Sends pieces one by one, each when the echo of the one before is there. */
async function sendInTurns(platform: Platform, url: string, pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  let source!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (source = controller) });
  const waiting = [...pieces];
  let sentBytes = 0;
  const sendNext = (): boolean => {
    const piece = waiting.shift();
    if (piece === undefined) return false;
    sentBytes += piece.length;
    source.enqueue(piece);
    return true;
  };
  sendNext();
  const response = await platform.fetch({ method: 'POST', url, headers: {}, body });
  assertThat(response.body !== null, 'There is no body');
  const echoed: Uint8Array[] = [];
  let echoedBytes = 0;
  for await (const chunk of chunksOf(response.body)) {
    echoed.push(chunk);
    echoedBytes += chunk.length;
    // A runtime may split a piece: the next one goes when all of this is back.
    if (echoedBytes === sentBytes && !sendNext()) source.close();
  }
  return concatenate(echoed);
}

export function fetchChecks(task: EndToEndTask): readonly Check[] {
  return [
    {
      group: 'platform',
      needs: ['network'],
      name: 'fetch() sends bytes, and gives status, headers in any case, and the body',
      async run(platform) {
        const request = { method: 'POST' as const, url: task.echoUrl, headers: {}, body: SENT };
        const response = await platform.fetch(request);
        assertSame(response.status, 200, 'status');
        assertSame(response.header('X-Echo') ?? undefined, 'yes', 'header');
        assertSame(response.header('x-not-there') ?? undefined, undefined, 'header that is not there');
        assertBytes(await bodyOf(response.body), SENT, 'body');
      },
    },
    {
      group: 'platform',
      needs: ['network'],
      name: 'fetch() follows no redirect: the signature would be lost on the way',
      async run(platform) {
        const response = await platform.fetch({ method: 'GET', url: task.redirectUrl, headers: {} });
        assertThat(response.status !== 200, 'The redirect was followed');
        await response.body?.cancel();
      },
    },
    {
      group: 'platform',
      needs: ['network', 'full-duplex'],
      name: 'fetch() streams a request, and its answer while the request goes on',
      async run(platform) {
        const pieces = [1, 2, 3, 4].map((number) => new Uint8Array(1000).fill(number));
        assertBytes(await sendInTurns(platform, task.echoUrl, pieces), concatenate(pieces), 'echo');
      },
    },
    {
      group: 'platform',
      needs: ['network'],
      name: 'fetch() rejects where nobody listens',
      async run(platform) {
        const failure = await rejection(
          platform.fetch({ method: 'GET', url: task.unreachableEndpoint, headers: {} }),
          'fetch',
        );
        assertThat(failure instanceof Error, `It rejected with ${String(failure)}`);
      },
    },
    {
      group: 'platform',
      needs: ['network', 'abort'],
      name: 'fetch() is ended by its signal, before and after the head',
      async run(platform) {
        const request = { method: 'POST' as const, url: task.echoUrl, headers: {} };
        const early = new AbortController();
        early.abort(new Error('too late'));
        await rejection(platform.fetch({ ...request, body: SENT, signal: early.signal }), 'fetch that was aborted');
        if (!platform.fullDuplex) return;
        const late = new AbortController();
        const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(SENT) });
        const response = await platform.fetch({ ...request, body, signal: late.signal });
        late.abort(new Error('enough'));
        await rejection(bodyOf(response.body), 'body that was aborted');
      },
    },
  ];
}
