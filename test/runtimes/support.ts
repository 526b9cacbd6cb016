/** What a driver of another runtime needs around it: a service, a link to it that is cut once, and a recording to send. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  const files = await serve(packed);
  const recordingUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}/recording`;
  const task = { endpoint: proxy.url, region: REGION, credentials: DEVELOPMENT_CREDENTIALS, streamName, recordingUrl };
  return {
    task,
    hosts: [proxy.url, recordingUrl].map((url) => new URL(url).host),
    link: proxy,
    async close() {
      files.closeAllConnections();
      files.close();
      await proxy.close();
      await service.close();
    },
  };
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

function serve(content: Uint8Array): Promise<Server> {
  const server = createServer((_request, response) => response.end(content));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** Each check that ran elsewhere becomes a test here. */
export function report(tests: ReturnType<typeof suite>, results: readonly CheckResult[]): void {
  for (const { name, failure } of results) tests(name, () => assert.is(failure, null));
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
