/** The other end of the ingest rows, in a process of its own: `service DIRECTORY`, or `sink DIRECTORY`, a bare HTTP server that only writes to a file. */
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { startService } from '../service/host/node.ts';

const [kind, directory = '.'] = process.argv.slice(2);

async function startSink(): Promise<string> {
  const server = createServer((request, response) => {
    pipeline(request, createWriteStream(join(directory, 'sink')))
      .then(() => response.end())
      .catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

// The parent ends this process; the line below tells it where to send.
console.log(kind === 'sink' ? await startSink() : (await startService({ directory })).url);
