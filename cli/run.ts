/** From a command line to an exit code. */
import { CommanderError } from 'commander';
import { EXIT_OK, EXIT_USAGE, errorLine, exitCodeOf, InterruptedError } from './exit.ts';
import { createProgram } from './program.ts';

/** Where help and complaints go; what commands produce goes to standard output and standard error themselves. */
export interface CommandOutput {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** Runs one command to its end; never rejects. @param args what follows `penstock` */
export async function run(args: readonly string[], output: CommandOutput): Promise<number> {
  try {
    await createProgram(output).parseAsync(args, { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    // Commander has printed its own message; it ends with 0 after --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (!(error instanceof InterruptedError)) output.writeErr(`${errorLine(error)}\n`);
    return exitCodeOf(error);
  }
}
