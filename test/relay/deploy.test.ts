/** The relay's configuration is one that can be deployed. */
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

/** Compressed, of a Worker of the free plan: 3 MB. Ours is far below, and stays there. */
const MAX_COMPRESSED_KIB = 300;

const deploy = suite('relay: deployment');

deploy('wrangler takes it, and it is small', async () => {
  const directory = await temporaryDirectory();
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        'node_modules/wrangler/bin/wrangler.js',
        'deploy',
        '--dry-run',
        '--config',
        'bindings/workers/relay/wrangler.jsonc',
        '--outdir',
        directory,
      ],
      {
        cwd: root,
        encoding: 'utf8',
        timeout: 90_000,
        env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
      },
    );
    assert.is(status, 0, stderr);
    assert.match(stdout, /RELAY_STREAMS \(RelayStream\)/);
    const [, compressedKib] = /gzip: ([\d.]+) KiB/.exec(stdout) ?? [];
    assert.ok(Number(compressedKib) > 0 && Number(compressedKib) < MAX_COMPRESSED_KIB, stdout);
  } finally {
    await removeDirectory(directory);
  }
});

deploy.run();
