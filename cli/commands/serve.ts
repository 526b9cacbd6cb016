/** `penstock serve`: the compatible service over one directory. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ServiceCredentials } from '../../service/credentials.ts';
import { DEVELOPMENT_CREDENTIALS } from '../../service/credentials.ts';
import {
  CredentialsRequiredError,
  type RunningService,
  startService,
  type StartOptions,
} from '../../service/host/node.ts';
import { DEFAULT_PORT, LOCAL_ENDPOINT, LOCAL_REGION } from '../connection.ts';
import { UsageError } from '../exit.ts';
import { aborted, watchInterrupts } from '../interrupt.ts';
import { numberBetween } from '../numbers.ts';

interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
  readonly publicUrl?: string;
  readonly region: string;
  readonly credentials?: readonly ServiceCredentials[];
}

const EXAMPLES = `
The first line on standard output is the endpoint; everything else goes to standard error.

Without --credentials the service accepts the development pair ${DEVELOPMENT_CREDENTIALS.accessKeyId} / ${DEVELOPMENT_CREDENTIALS.secretAccessKey},
and only listens on this machine. For any other address give real ones, best by the environment:
PENSTOCK_CREDENTIALS=ID:SECRET[,ID:SECRET...].

Examples:
  $ penstock serve                             everything in ./penstock-data, ${LOCAL_ENDPOINT}
  $ penstock serve /var/lib/penstock --tls     https with a development certificate
  $ PENSTOCK_CREDENTIALS=cam:s3cret penstock serve --host 0.0.0.0`;

function parseCredentials(text: string, previous: readonly ServiceCredentials[] = []): readonly ServiceCredentials[] {
  const pairs = text.split(',').map((pair) => {
    const colonAt = pair.indexOf(':');
    if (colonAt < 1 || colonAt === pair.length - 1) throw new InvalidArgumentError('Expected ID:SECRET.');
    return { accessKeyId: pair.slice(0, colonAt), secretAccessKey: pair.slice(colonAt + 1) };
  });
  return [...previous, ...pairs];
}

function credentialsOf(flags: ServeFlags): readonly ServiceCredentials[] | undefined {
  const fromEnvironment = process.env['PENSTOCK_CREDENTIALS'];
  return flags.credentials ?? (fromEnvironment ? parseCredentials(fromEnvironment) : undefined);
}

function usageHint(url: string): string {
  const connection = url === LOCAL_ENDPOINT ? '--local' : `--endpoint ${url}`;
  const put = `penstock put front-door recording.mp4 --create ${connection}`;
  const get = `penstock get front-door --from earliest --no-follow -o back.mkv ${connection}`;
  return `Try:  ${put}\n      ${get}\n`;
}

async function start(options: StartOptions): Promise<RunningService> {
  try {
    return await startService(options);
  } catch (error) {
    throw error instanceof CredentialsRequiredError ? new UsageError(error.message) : error;
  }
}

async function serve(directory: string, flags: ServeFlags): Promise<void> {
  using interrupts = watchInterrupts();
  const credentials = credentialsOf(flags);
  const service = await start({
    directory,
    host: flags.host,
    port: flags.port,
    region: flags.region,
    ...(flags.tls ? { tls: true } : {}),
    ...(flags.publicUrl ? { publicUrl: flags.publicUrl } : {}),
    ...(credentials ? { credentials } : {}),
  });
  process.stdout.write(`${service.url}\n`);
  process.stderr.write(`Serving ${directory} (region ${flags.region}); stop with Ctrl-C\n${usageHint(service.url)}`);
  await aborted(interrupts.signal);
  await service.close();
}

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .summary('run the compatible service')
    .description('Run a Kinesis Video Streams compatible service that keeps everything in one directory.')
    .argument('[directory]', 'where streams and fragments are kept; made if missing', 'penstock-data')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--port <port>',
      'port to listen on; 0 takes a free one',
      numberBetween(0, 65535, { integer: true }),
      DEFAULT_PORT,
    )
    .option('--tls', 'serve https with a development certificate made on demand')
    .option(
      '--public-url <url>',
      'what clients are told to send media to, for a service behind a proxy (default: the address listened on)',
    )
    .option('--region <region>', 'region that the service says it is in', LOCAL_REGION)
    .option(
      '--credentials <id:secret>',
      'accept this key pair instead of the development pair; may be repeated',
      parseCredentials,
    )
    .addHelpText('after', EXAMPLES)
    .action(serve);
}
