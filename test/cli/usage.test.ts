/** What the command says before it does anything: help, and wrong usage with its message and exit code 2. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../cli/run.ts';
import { penstock } from './command.ts';

const it = suite('penstock usage');
for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'PENSTOCK_CREDENTIALS']) delete process.env[name];

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process: nothing here gets as far as doing anything. */
async function say(args: readonly string[]): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const code = await run(args, { writeOut: (text) => (stdout += text), writeErr: (text) => (stderr += text) });
  return { code, stdout, stderr };
}

const helps: readonly [args: string[], ...patterns: RegExp[]][] = [
  [['--help'], /serve .*\n.*put .*\n.*get .*\n.*streams/s, /Exit codes: 0 done/, /Examples:/],
  [['serve', '--help'], /--port <port>/, /--tls/, /PENSTOCK_CREDENTIALS/],
  [['put', '--help'], /<stream>/, /--when-full <policy>/, /--fps <rate>/, /Exit code 0 means that every frame/],
  [['get', '--help'], /--from <position>/, /--no-follow/, /--raw/, /ffplay/],
  [['streams', '--help'], /create/, /delete/, /--json/],
  [['streams', 'create', '--help'], /--profile <name>/, /--credential-file <file>/, /--iot <settings>/],
  [['help', 'put'], /<stream>/],
];
for (const [args, ...patterns] of helps) {
  it(`penstock ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await say(args);
    for (const pattern of patterns) assert.match(stdout, pattern);
    assert.equal([code, stderr], [0, '']);
  });
}

it('penstock --version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { code, stdout, stderr } = await penstock(['--version']);
  assert.equal([code, stdout.toString(), stderr], [0, `${version}\n`, '']);
});

const wrong: readonly [args: string[], message: RegExp][] = [
  [[], /Usage: penstock/],
  [['bogus'], /^penstock: unknown command 'bogus'/],
  [['put', 'door'], /^penstock: missing required argument 'file'/],
  [['put', 'door', 'a.mp4', 'b.mp4', '--local'], /^penstock: too many arguments/],
  [['put', 'door', 'a.mp4', '--local', '--fps', '0'], /Expected a number from 0\.1 to 1000/],
  [['put', 'door', 'a.mp4', '--local', '--tracks', 'subtitles'], /Allowed choices are all, video, audio/],
  [['put', 'door', 'a.mp4', '--local', '--when-full', 'panic'], /Allowed choices are wait, drop-oldest/],
  [['put', 'door', 'a.mp4', '--fasst'], /unknown option '--fasst'/],
  [['put', 'door', 'a.mp4'], /^penstock: No region: give --region, set AWS_REGION, or use --local/],
  [['get', 'door', '--from', 'yesterday', '--local'], /Expected now, earliest, fragment:NUMBER/],
  [['get', 'door', '--duration', 'long', '--local'], /Expected a duration/],
  [['get', 'door', '--raw', '--duration', '5s', '--local'], /^penstock: --raw .* --duration/],
  [['get', 'door', '--raw', '--no-follow', '--local'], /^penstock: --raw .* --no-follow/],
  [['streams', '--local', '--endpoint', 'http://127.0.0.1:1'], /^penstock: --local and --endpoint exclude each other/],
  [
    ['streams', '--endpoint', 'ftp://127.0.0.1'],
    /^penstock: --endpoint ftp:\/\/127\.0\.0\.1 is not an http or https URL/,
  ],
  [['streams', '--local', '--ca', '/nowhere/ca.pem'], /^penstock: --ca \/nowhere\/ca\.pem cannot be read/],
  [
    ['put', 'door', 'a.mp4', '--local', '--iot', 'endpoint=c1.test,cert=x'],
    /Expected NAME=VALUE with a name of endpoint, cert-path/,
  ],
  [
    ['put', 'door', 'a.mp4', '--local', '--iot', 'endpoint=c1.test'],
    /^penstock: --iot: IoT option roleAlias is missing/,
  ],
  [
    ['put', 'front.door', 'a.mp4', '--local', '--iot', 'endpoint=c1.test,role-aliases=Camera'],
    /^penstock: --iot: IoT option thingName "front\.door" has characters/,
  ],
  [
    ['put', 'door', 'a.mp4', '--local', '--iot', 'endpoint=c1.test,role-aliases=Camera,cert-path=c'],
    /^penstock: --iot: IoT option certificate\.privateKeyPath is missing/,
  ],
  [
    ['get', 'door', '--local', '--profile', 'a', '--credential-file', 'b'],
    /option '--profile <name>' cannot be used with option '--credential-file <file>'/,
  ],
  [['streams', 'tag', 'door', 'novalue', '--local'], /^penstock: Tag 'novalue' is not of the form KEY=VALUE/],
  [['serve', '--port', '70000'], /Expected a whole number from 0 to 65535/],
  [['serve', '--credentials', 'onlyid'], /Expected ID:SECRET/],
  [['serve', '--host', '0.0.0.0'], /^penstock: Cannot listen on 0\.0\.0\.0 with the public development credentials/],
];
for (const [args, message] of wrong) {
  it(`penstock ${args.join(' ')} is refused`, async () => {
    const { code, stdout, stderr } = await say(args);
    assert.match(stderr, message);
    assert.equal([code, stdout], [2, '']);
  });
}

it('a usage error ends the process with 2', async () => {
  const { code, stdout, stderr } = await penstock(['bogus']);
  assert.equal([code, stdout.length], [2, 0]);
  assert.match(stderr, /^penstock: unknown command 'bogus'\n\(add --help for usage\)\n$/);
});

it.run();
