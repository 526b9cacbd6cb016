/** `penstock get`: a stream's media into a file or a pipe. */
import type { Command } from 'commander';
import { Core } from '../../sdk/core/core.ts';
import { getMedia, type StartSelector } from '../../sdk/consumer/get-media.ts';
import { TracksChangedError } from '../../sdk/consumer/errors.ts';
import { type MergedFragment, mergeSegments } from '../../sdk/consumer/merge.ts';
import type { ConnectionFlags } from '../connection.ts';
import { connect, CREDENTIALS_HELP, withConnectionOptions } from '../connection.ts';
import { UsageError } from '../exit.ts';
import { watchInterrupts } from '../interrupt.ts';
import { requireOutput, writeMedia } from '../media-output.ts';
import { count, durationSeconds, formatBytes } from '../numbers.ts';
import { ProgressLine } from '../progress-line.ts';
import { startPosition } from '../start-position.ts';

interface GetFlags extends ConnectionFlags {
  readonly output: string;
  readonly from: StartSelector;
  readonly duration?: number;
  readonly follow: boolean;
  readonly raw?: boolean;
}

const EXAMPLES = `
The output is one Matroska file that any player opens; times begin at zero. With --raw it is the response as it came: a
complete Matroska file for each fragment, one after the other, with the service's tags.

Reading goes on with the live stream until the service has had nothing to send for a while, or until Ctrl-C.

Examples:
  $ penstock get front-door --from earliest --no-follow -o all.mkv --local
  $ penstock get front-door --local | ffplay -
  $ penstock get front-door --from producer:2026-03-01T12:00:00Z --duration 90s -o clip.mkv --region eu-west-1`;

/** Counts what passes, and says when to stop. */
class Reception {
  fragments = 0;
  bytes = 0;
  /** Of the last fragment in the file. */
  lastFragmentNumber: string | undefined;
  #firstTimestampUs: number | null = null;
  #lastTimestampUs = 0;
  #millisBehindNow: number | undefined;
  readonly #flags: GetFlags;

  constructor(flags: GetFlags) {
    this.#flags = flags;
  }

  get line(): string {
    const behind =
      this.#millisBehindNow === undefined ? '' : `  ${(this.#millisBehindNow / 1000).toFixed(1)} s behind now`;
    return `${this.#mediaSeconds.toFixed(1)} s  ${count(this.fragments, 'fragment')}  ${formatBytes(this.bytes)}${behind}`;
  }

  /** True when the fragment is the last one wanted. */
  isLast(fragment: MergedFragment): boolean {
    if (!fragment.isReplay) this.fragments++;
    this.lastFragmentNumber = fragment.fragmentNumber;
    this.#firstTimestampUs ??= fragment.firstTimestampUs;
    this.#lastTimestampUs = fragment.lastTimestampUs;
    this.#millisBehindNow = fragment.millisBehindNow;
    const { duration, follow } = this.#flags;
    return (duration !== undefined && this.#mediaSeconds >= duration) || (!follow && fragment.millisBehindNow === 0);
  }

  async *counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }

  get #mediaSeconds(): number {
    return (this.#lastTimestampUs - (this.#firstTimestampUs ?? this.#lastTimestampUs)) / 1e6;
  }
}

function checkFlags(flags: GetFlags): void {
  if (flags.raw && flags.duration !== undefined)
    throw new UsageError('--raw passes bytes on unread and cannot stop after --duration');
  if (flags.raw && !flags.follow)
    throw new UsageError(
      '--raw passes bytes on unread and does not see the live head: --no-follow needs merged output',
    );
  requireOutput(flags.output);
}

async function get(streamName: string, flags: GetFlags): Promise<void> {
  checkFlags(flags);
  using interrupts = watchInterrupts();
  const target = await connect(flags, streamName);
  const body = await getMedia(target, streamName, flags.from, { signal: interrupts.signal, maxAttempts: 2 });
  const reception = new Reception(flags);
  const core = Core.create(await target.platform.loadCore());
  const until = (fragment: MergedFragment): boolean => reception.isLast(fragment);
  const media = flags.raw ? body : mergeSegments(core, body, { until, rebase: true });
  using progress = new ProgressLine(process.stderr, () => reception.line);
  try {
    await writeMedia(reception.counted(media), flags.output);
  } catch (error) {
    if (error instanceof TracksChangedError && reception.lastFragmentNumber !== undefined)
      progress.note(`What follows needs a file of its own: --from fragment:${reception.lastFragmentNumber}`);
    throw error;
  }
  progress.note(reception.line);
  interrupts.signal.throwIfAborted();
  if (reception.bytes === 0) throw new Error(`Stream ${streamName} has no media from there on`);
}

export function addGetCommand(program: Command): void {
  withConnectionOptions(program.command('get'))
    .summary('receive a stream into a file or a pipe')
    .description('Receive a stream as one playable Matroska file.')
    .argument('<stream>', 'name of the stream')
    .option('-o, --output <file>', 'file to write; - is standard output', '-')
    .option(
      '--from <position>',
      'now, earliest, fragment:NUMBER, token:TOKEN, server:TIME or producer:TIME',
      startPosition,
      { type: 'NOW' } as const,
    )
    .option(
      '--duration <time>',
      'stop at the first fragment end after this much media: 90, 90s, 1.5m, 2h',
      durationSeconds,
    )
    .option('--no-follow', 'stop at the live head instead of waiting for more')
    .option('--raw', 'write the response as it came, one Matroska file a fragment')
    .addHelpText('after', `${CREDENTIALS_HELP}\n${EXAMPLES}`)
    .action(get);
}
