/** The application without a host: a manual clock over the real engines, called through `fetch`. */

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { createService } from '../../service/app.ts';
import type { Service, ServiceOptions } from '../../service/app.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import { SegmentFiles } from '../../service/host/segments/segment-files.ts';
import { SqliteIndex } from '../../service/host/sqlite/sqlite-index.ts';
import { ManualPlatform } from './manual-platform.ts';
import { sha256Hex, sign } from './sign.ts';
import { removeDirectory, temporaryDirectory } from './temporary-directory.ts';

const PUBLIC_URL = 'http://service.test';

export interface InProcessService {
  /** Segment files are in `fragments` below it, each blob in a file of its own. */
  readonly directory: string;
  readonly platform: ManualPlatform;
  readonly streams: SqliteIndex;
  readonly fragments: SegmentFiles;
  /** Starts one more application over the same engines. */
  startAnother(): Promise<Service>;
  /** Sends a signed request. */
  send(path: string, input: object): Promise<Response>;
  /** Sends a signed request that must succeed; resolves to its output. */
  call(path: string, input: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export async function startInProcessService(limits: ServiceOptions['limits'] = {}): Promise<InProcessService> {
  const directory = await temporaryDirectory();
  const platform = new ManualPlatform();
  const streams = SqliteIndex.open(join(directory, 'index.sqlite'));
  const fragments = await SegmentFiles.open(join(directory, 'fragments'), { segmentBytes: 1 });
  const startAnother = (): Promise<Service> =>
    createService({
      platform,
      streams,
      fragments,
      limits,
      credentials: [DEVELOPMENT_CREDENTIALS],
      publicUrl: PUBLIC_URL,
    });
  const service = await startAnother();
  const send = (path: string, input: object): Promise<Response> => {
    const body = JSON.stringify(input);
    const headers = sign({
      path,
      headers: { host: 'service.test' },
      payloadHash: sha256Hex(body),
      dateMs: platform.nowMs,
    });
    return service.fetch(new Request(PUBLIC_URL + path, { method: 'POST', headers, body }));
  };
  return {
    directory,
    platform,
    streams,
    fragments,
    startAnother,
    send,
    async call(path, input) {
      const response = await send(path, input);
      const output = (await response.json()) as Record<string, unknown>;
      assert.is(response.status, 200, JSON.stringify(output));
      return output;
    },
    async close() {
      await service.close();
      assert.is(platform.timerCount, 0, 'close() stops every timer');
      await fragments.close();
      await streams.close();
      await removeDirectory(directory);
    },
  };
}
