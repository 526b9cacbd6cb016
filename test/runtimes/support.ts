/** What a driver of another runtime needs around it: a service, a link to it that is cut once, and a recording to send. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import type { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openMediaSource } from '../../cli/sources/open-source.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import type { CheckResult } from '../conformance/check.ts';
import type { EndToEndTask } from '../conformance/end-to-end.ts';
import { packRecording, type RecordingFrame } from '../conformance/recording.ts';
import type { Engine } from '../support/embedded-engines.ts';
import type { TestHost } from '../support/embedded-host.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts';
import { startTestService } from '../support/service.ts';
import { skip } from '../support/skip.ts';

const RECORDING = new URL('../../examples/demo/recording.mp4', import.meta.url);
const REGION = 'us-west-2';

export interface Stage {
  readonly task: EndToEndTask;
  /** Host and port of everything that the task names. */
  readonly hosts: readonly string[];
  /** The link that is cut. */
  readonly link: CuttingProxy;
  close(): Promise<void>;
}

/** Sets the stage for one end-to-end run; the link is cut when half of the recording went through. */
export async function setStage(streamName: string): Promise<Stage> {
  const packed = await packDemoRecording();
  // The data endpoint leads through the link too.
  const service = await startTestService({ region: REGION, publicUrl: () => proxy.url });
  const proxy = await startCuttingProxy(service.url, { cutAfterBytes: packed.length >> 1 });
  const helper = createServer((request, response) => answer(request, response, packed, proxy));
  const helperUrl = await listen(helper);
  const unreachableEndpoint = `http://127.0.0.1:${await freePort()}`;
  const task = {
    endpoint: proxy.url,
    region: REGION,
    credentials: DEVELOPMENT_CREDENTIALS,
    streamName,
    recordingUrl: `${helperUrl}/recording`,
    echoUrl: `${helperUrl}/echo`,
    redirectUrl: `${helperUrl}/redirect`,
    linkControlUrl: `${helperUrl}/cut`,
    unreachableEndpoint,
  };
  return {
    task,
    hosts: [proxy.url, helperUrl, unreachableEndpoint].map((url) => new URL(url).host),
    link: proxy,
    async close() {
      helper.closeAllConnections();
      helper.close();
      await proxy.close();
      await service.close();
    },
  };
}

/** What the checks ask of the driver. A page of another origin may ask too. */
function answer(request: IncomingMessage, response: ServerResponse, recording: Uint8Array, link: CuttingProxy): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', '*');
  switch (pathname) {
    case '/recording':
      return void response.end(recording);
    case '/echo':
      response.writeHead(200, { 'x-echo': 'yes' });
      response.flushHeaders();
      // A request that its sender gives up ends with an error; its answer is given up then too.
      request.on('error', () => response.destroy());
      return void request.pipe(response);
    case '/redirect':
      return void response.writeHead(307, { location: '/recording' }).end();
    case '/cut': {
      const after = searchParams.get('after');
      const mode = searchParams.get('mode') === 'stall' ? 'stall' : 'reset';
      if (after === null) link.cut();
      else link.cutAfter(Number(after), { mode });
      return void response.end();
    }
    default:
      return void response.writeHead(404).end();
  }
}

async function packDemoRecording(): Promise<Uint8Array> {
  const source = await openMediaSource(RECORDING.pathname);
  try {
    const frames: RecordingFrame[] = [];
    for await (const { trackNumber, timestampUs, durationUs, isKey, data } of source.frames()) {
      frames.push({ trackNumber, timestampUs, durationUs, isKey, data: data.slice() });
    }
    const tracks = source.tracks.map(
      ({ trackNumber: _position, widthPixels, heightPixels, sampleRateHz, ...track }) => ({
        ...track,
        ...(widthPixels === undefined ? {} : { width: widthPixels }),
        ...(heightPixels === undefined ? {} : { height: heightPixels }),
        ...(sampleRateHz === undefined ? {} : { sampleRate: sampleRateHz }),
      }),
    );
    return packRecording({ tracks, frames });
  } finally {
    await source.close();
  }
}

/** @returns the base URL */
function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** A port of loopback that nobody listens at. */
function freePort(): Promise<number> {
  const server = createSocketServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Each check that ran elsewhere becomes a test here; each that was not applicable there, a test that is skipped by name. */
export function report(tests: ReturnType<typeof suite>, results: readonly CheckResult[]): void {
  for (const { name, group, failure, notApplicable } of results) {
    const title = `${group}: ${name}`;
    if (notApplicable !== null) skip(title, notApplicable);
    else tests(title, () => assert.is(failure, null));
  }
}

/** Runs the task in an engine that talks with its host by callbacks. */
export function runInEngine(engine: Engine, host: TestHost, task: EndToEndTask): Promise<CheckResult[]> {
  return new Promise((resolve, reject) => {
    engine.call('runConformance', host, JSON.stringify(task), (results: string, failure: string) => {
      if (failure === '') resolve(JSON.parse(results) as CheckResult[]);
      else reject(new Error(failure));
    });
  });
}
