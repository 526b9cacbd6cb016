/** `penstock streams`: list, describe, create, delete and tag streams. */
import type { Command, CommandOptions } from 'commander';
import { createStream, tagStream } from '../../sdk/aws/control-api.ts';
import type { CallOptions } from '../../sdk/aws/signed-call.ts';
import type { StreamInfo } from '../../sdk/aws/stream-api.ts';
import { deleteStream, listStreams, streamInfo, streamTags, untagStream } from '../../sdk/aws/stream-api.ts';
import type { ConnectionFlags } from '../connection.ts';
import { connect, CREDENTIALS_HELP, withConnectionOptions } from '../connection.ts';
import { UsageError } from '../exit.ts';
import { count, numberBetween } from '../numbers.ts';
import { table } from '../table.ts';

interface StreamsFlags extends ConnectionFlags {
  readonly json?: boolean;
}

interface CreateFlags extends StreamsFlags {
  readonly retentionHours: number;
  readonly mediaType: string;
}

/** Somebody waits at the terminal: one retry, not five. */
const CALL: CallOptions = { maxAttempts: 2 };
/** The limit of the service: ten years. */
export const MAX_RETENTION_HOURS = 87_600;

const EXAMPLES = `
Examples:
  $ penstock streams --local                             what the service on this machine holds
  $ penstock streams list cam- --region eu-west-1 --json
  $ penstock streams create front-door --retention-hours 48 --local
  $ penstock streams tag front-door site=hq floor=2 --local`;

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function creationTime({ creationTimeMs }: StreamInfo): string {
  return Number.isNaN(creationTimeMs) ? '' : new Date(creationTimeMs).toISOString();
}

function row(stream: StreamInfo): string[] {
  return [stream.streamName, stream.status, `${stream.retentionHours} h`, stream.mediaType ?? '', creationTime(stream)];
}

async function list(prefix: string | undefined, flags: StreamsFlags): Promise<void> {
  const target = await connect(flags);
  const streams: StreamInfo[] = [];
  for await (const stream of listStreams(target, { ...CALL, namePrefix: prefix })) streams.push(stream);
  if (flags.json) return printJson(streams);
  process.stdout.write(table(['NAME', 'STATUS', 'RETENTION', 'MEDIA TYPE', 'CREATED'], streams.map(row)));
}

async function describe(name: string, flags: StreamsFlags): Promise<void> {
  const target = await connect(flags);
  const [stream, tags] = await Promise.all([streamInfo(target, name, CALL), streamTags(target, name, CALL)]);
  if (flags.json) return printJson({ ...stream, tags });
  const facts = [
    ['name', stream.streamName],
    ['arn', stream.streamArn],
    ['status', stream.status],
    ['created', creationTime(stream)],
    ['retention', count(stream.retentionHours, 'hour')],
    ['media type', stream.mediaType ?? ''],
    ['version', stream.version],
    ...Object.entries(tags).map(([key, value]) => [`tag ${key}`, value]),
  ];
  process.stdout.write(table(null, facts));
}

async function create(name: string, flags: CreateFlags): Promise<void> {
  const { retentionHours, mediaType } = flags;
  const arn = await createStream(await connect(flags), { streamName: name, mediaType, retentionHours }, CALL);
  if (flags.json) return printJson({ streamArn: arn });
  process.stdout.write(`${arn}\n`);
}

async function remove(name: string, flags: StreamsFlags): Promise<void> {
  const target = await connect(flags);
  await deleteStream(target, (await streamInfo(target, name, CALL)).streamArn, CALL);
}

function parseTags(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equalsAt = pair.indexOf('=');
      if (equalsAt < 1) throw new UsageError(`Tag '${pair}' is not of the form KEY=VALUE`);
      return [pair.slice(0, equalsAt), pair.slice(equalsAt + 1)];
    }),
  );
}

async function tag(name: string, pairs: readonly string[], flags: StreamsFlags): Promise<void> {
  const tags = parseTags(pairs);
  const target = await connect(flags);
  await tagStream(target, (await streamInfo(target, name, CALL)).streamArn, tags, CALL);
}

async function untag(name: string, keys: readonly string[], flags: StreamsFlags): Promise<void> {
  await untagStream(await connect(flags), name, keys, CALL);
}

export function addStreamsCommand(program: Command): void {
  const streams = program
    .command('streams')
    .summary('list, describe, create, delete and tag streams')
    .description('Look after streams. Without a subcommand: list them.')
    .addHelpText('after', `${CREDENTIALS_HELP}\n${EXAMPLES}`);
  const add = (name: string, summary: string, options: CommandOptions = {}): Command =>
    withConnectionOptions(streams.command(name, options)).description(summary);
  const json = 'print JSON';

  add('list', 'List streams, by name.', { isDefault: true })
    .argument('[prefix]', 'only names that begin with this')
    .option('--json', json)
    .action(list);
  add('describe', 'Show one stream and its tags.').argument('<stream>').option('--json', json).action(describe);
  add('create', 'Create a stream and print its ARN.')
    .argument('<stream>')
    .option(
      '--retention-hours <hours>',
      'how long media is kept; 0 keeps nothing',
      numberBetween(0, MAX_RETENTION_HOURS, { integer: true }),
      24,
    )
    .option('--media-type <types>', 'comma list of media types', 'video/h264')
    .option('--json', json)
    .action(create);
  add('delete', 'Delete a stream and everything in it.').argument('<stream>').action(remove);
  add('tag', 'Set tags.').argument('<stream>').argument('<key=value...>').action(tag);
  add('untag', 'Remove tags.').argument('<stream>').argument('<key...>').action(untag);
}
