/** A server in a process of its own, so that client and server do not share a thread. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export interface IngestServer {
  readonly url: string;
  /** Ends the process, and removes what it kept. */
  stop(): Promise<void>;
}

/** The service, or a bare HTTP server that only writes to a file; in a directory of its own. */
export async function startIngestServer(kind: 'service' | 'sink'): Promise<IngestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'penstock-bench-'));
  const program = fileURLToPath(new URL('ingest-server.js', import.meta.url));
  const child = spawn(process.execPath, [program, kind, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: line.toString().trim(),
    async stop() {
      child.kill();
      await once(child, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
