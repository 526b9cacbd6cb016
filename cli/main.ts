#!/usr/bin/env node
/** The `penstock` command. */
import { CommanderError } from 'commander';
import { EXIT_OK, EXIT_USAGE, errorLine, exitCodeOf, InterruptedError } from './exit.ts';
import { createProgram } from './program.ts';

/** A reader that went away (`penstock get … | head`) is no failure of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT_OK);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its own message; it ends with 0 after --help and --version.
    process.exitCode = error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  } else {
    if (!(error instanceof InterruptedError)) process.stderr.write(`${errorLine(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
