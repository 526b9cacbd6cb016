#!/usr/bin/env node
/** The `penstock` command. */
import { EXIT_OK } from './exit.ts';
import { run } from './run.ts';

/** A reader that went away (`penstock get … | head`) is no failure of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_OK);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  writeOut: (text) => process.stdout.write(text),
  writeErr: (text) => process.stderr.write(text),
});
