/**
 * One more certificate to trust. Node reads such a file only at its start, from NODE_EXTRA_CA_CERTS, and its fetch takes no
 * other: so the command runs again, as a child with that variable set and everything else inherited.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from './exit.ts';

const VARIABLE = 'NODE_EXTRA_CA_CERTS';

/**
 * Returns in a process that trusts the certificate; elsewhere runs that process and ends with its exit code.
 * @throws UsageError when the file cannot be read: Node itself would only warn
 */
export async function trustCertificate(path: string): Promise<void> {
  const file = resolve(path);
  if (process.env[VARIABLE] === file) return;
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new UsageError(`--ca ${path} cannot be read`, { cause: error });
  }
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, [VARIABLE]: file },
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to both; anything else reaches only this process.
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exit(code ?? 1);
}
