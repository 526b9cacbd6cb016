/** The command line as a whole: what every subcommand shares. */
import { Command } from 'commander';
import { addGetCommand } from './commands/get.ts';
import { addPutCommand } from './commands/put.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStreamsCommand } from './commands/streams.ts';
import type { CommandOutput } from './run.ts';

const EXAMPLES = `
Examples:
  $ penstock serve                                          a service on this machine
  $ penstock put front-door recording.mp4 --create --local  send a recording to it, in real time
  $ penstock get front-door --from earliest -o back.mkv --no-follow --local
  $ penstock streams --region eu-west-1                     what is on AWS

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

/** @param output where help and complaints go */
export function createProgram(output: CommandOutput): Command {
  const program = new Command('penstock')
    .description('Amazon Kinesis Video Streams from the command line: send media, receive it, or serve it yourself.')
    .version('0.1.0')
    .showHelpAfterError('(add --help for usage)')
    .configureOutput({
      ...output,
      outputError: (text, write) => write(text.replace(/^error: /, 'penstock: ')),
    })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  // What is configured above is inherited by the commands made from here on.
  addServeCommand(program);
  addPutCommand(program);
  addGetCommand(program);
  addStreamsCommand(program);
  return program;
}
