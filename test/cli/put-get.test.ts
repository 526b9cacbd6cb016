/** `penstock put` and `penstock get` against `penstock serve`: what goes in comes out, and independent tools accept it. */
// time-limit-s: 240
import { type ChildProcess, spawnSync } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { skip } from '../support/skip.ts';
import { penstock, penstockServe } from './command.ts';

const it = suite('penstock put and get');
const recording = fileURLToPath(new URL('../../examples/demo/recording.mp4', import.meta.url));
const hasTools = ['ffmpeg', 'ffprobe', 'mkvinfo'].every((tool) => spawnSync(tool, ['--version']).error === undefined);

const directory = await temporaryDirectory();
const serve = await penstockServe(join(directory, 'service'));
const here = ['--endpoint', serve.url];
it.after(async () => {
  await serve.stop();
  await removeDirectory(directory);
});

/** Sends SIGINT when an output has said something and then nothing for a while. */
function interruptAfter(output: Readable, quietMs: number, child: ChildProcess): void {
  let timer: NodeJS.Timeout | undefined;
  output.on('data', () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGINT'), quietMs);
  });
}

interface Packet {
  readonly pts_time: string;
  readonly size: string;
  readonly flags: string;
  readonly data_hash: string;
}

/** Packets of one kind with a hash of their bytes, as ffprobe reads them; anything that it warns of fails. */
function packets(path: string, kind: 'v' | 'a'): Packet[] {
  const options = [
    '-v',
    'warning',
    '-select_streams',
    kind,
    '-show_packets',
    '-show_data_hash',
    'md5',
    '-of',
    'json',
    path,
  ];
  const { stdout, stderr } = spawnSync('ffprobe', options, { encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.is(stderr, '', `ffprobe warns of ${path}`);
  return (JSON.parse(stdout) as { packets: Packet[] }).packets;
}

function assertSameMedia(path: string, original: string): void {
  for (const kind of ['v', 'a'] as const) {
    const [got, expected] = [packets(path, kind), packets(original, kind)];
    assert.equal(
      got.map((packet) => packet.data_hash),
      expected.map((packet) => packet.data_hash),
      `${kind} bytes`,
    );
    for (const [index, packet] of got.entries()) {
      const offMs = Number(packet.pts_time) * 1000 - Math.floor(Number(expected[index]!.pts_time) * 1000 + 0.001);
      assert.ok(Math.abs(offMs) < 0.5, `${kind} packet ${index} is ${offMs} ms off`);
    }
  }
  const { stdout, stderr, status } = spawnSync('mkvinfo', ['-v', path], { encoding: 'utf8', maxBuffer: 64 << 20 });
  assert.equal([status, stderr], [0, '']);
  assert.not.match(stdout, /error|warning|unknown element/i);
}

if (hasTools) {
  it('a recording comes back as one playable file with the same packets', async () => {
    const put = await penstock(['put', 'whole', recording, '--fast', '--create', ...here]);
    assert.is(put.code, 0, put.stderr);
    assert.match(put.stderr, /Sent 770 frames \(1\.8 MB\) in 10 fragments/);
    assert.match(put.stderr, /Put to persisted: median \d+ ms/);
    const file = join(directory, 'whole.mkv');
    const get = await penstock(['get', 'whole', '--from', 'earliest', '--no-follow', '-o', file, ...here]);
    assert.is(get.code, 0, get.stderr);
    assert.match(get.stderr, /10 fragments/);
    assertSameMedia(file, recording);
  });

  it('raw H.264 from a pipe comes back as the same pictures', async () => {
    const raw = join(directory, 'raw.h264');
    spawnSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=20', '-t', '4', '-c:v', 'libx264', '-g', '20', '-bf', '0', raw]); // prettier-ignore
    const put = await penstock(['put', 'pipe', '-', '--fast', '--create', ...here], { input: createReadStream(raw) });
    assert.is(put.code, 0, put.stderr);
    assert.match(put.stderr, /raw H\.264, 20 frames\/s/);
    const file = join(directory, 'pipe.mkv');
    const get = await penstock(['get', 'pipe', '--from', 'earliest', '--no-follow', '-o', file, ...here]);
    assert.is(get.code, 0, get.stderr);
    const hashes = (path: string): string => {
      const { stdout, stderr } = spawnSync('ffmpeg', ['-v', 'warning', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', '-'], { encoding: 'utf8' }); // prettier-ignore
      assert.is(stderr, '');
      return stdout.split('\n').filter((line) => !line.startsWith('#')).map((line) => line.split(',').at(-1)).join(); // prettier-ignore
    };
    assert.is(hashes(file), hashes(raw));
    assert.is(packets(file, 'v')[21]!.pts_time, '1.050000');
  });
} else {
  skip('a recording comes back as one playable file with the same packets', 'ffmpeg or mkvtoolnix is not there');
  skip('raw H.264 from a pipe comes back as the same pictures', 'ffmpeg or mkvtoolnix is not there');
}

it('get --duration stops after as much media, and --from fragment begins after a fragment', async () => {
  const put = await penstock(['put', 'clip', recording, '--fast', '--create', '--tracks', 'video', ...here]);
  assert.is(put.code, 0, put.stderr);
  const clip = await penstock(['get', 'clip', '--from', 'earliest', '--duration', '2.5s', ...here]);
  assert.is(clip.code, 0, clip.stderr);
  assert.match(clip.stderr, /^3\.0 s +3 fragments/m);
  const raw = await penstock(['get', 'clip', '--from', 'earliest', '--raw', ...here], {
    onStart: (child) => interruptAfter(child.stdout!, 500, child),
  });
  assert.is(raw.code, 130, 'interrupted while it follows the live head');
  const numbers = [...raw.stdout.toString('latin1').matchAll(/AWS_KINESISVIDEO_FRAGMENT_NUMBER..{1,8}?(\d{47})/gs)].map(
    (match) => match[1]!,
  );
  assert.is(numbers.length, 10);
  const rest = await penstock(['get', 'clip', '--from', `fragment:${numbers[6]}`, '--no-follow', ...here]);
  assert.match(rest.stderr, /3 fragments/, rest.stderr);
});

it('put ends with 1 and says why when it cannot send', async () => {
  const text = join(directory, 'notes.txt');
  writeFileSync(text, 'These are notes, not media.');
  const cut = join(directory, 'cut.mp4');
  writeFileSync(cut, readFileSync(recording).subarray(0, 700_000));
  const cases: readonly [args: string[], message: RegExp][] = [
    [['door', join(directory, 'missing.mp4')], /^penstock: Cannot read .*missing\.mp4: no such file$/m],
    [['door', text], /^penstock: .*notes\.txt is neither raw H\.264/m],
    [['door', cut, '--fast', '--create'], /^penstock: .*cut\.mp4 is cut off: its frames end at/m],
    [
      ['nobody', recording],
      /^penstock: Stream nobody cannot be written to: it does not exist \(--create makes it\) \[STATUS_SERVICE_CALL_RESOURCE_NOT_FOUND_ERROR 0x52000017\]$/m,
    ],
    [
      ['bad name', recording],
      /^penstock: DescribeStream failed: InvalidArgumentException: .* \[STATUS_SERVICE_CALL_INVALID_ARG_ERROR 0x52000014\]$/m,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await penstock(['put', ...args, ...here]);
    assert.match(stderr, message);
    assert.is(code, 1, args.join(' '));
    assert.not.match(stderr, /^ {4}at /m, 'no stack trace');
  }
  const unsigned = await penstock(['put', 'door', recording, ...here], {
    environment: { AWS_ACCESS_KEY_ID: 'someone', AWS_SECRET_ACCESS_KEY: 'else' },
  });
  assert.is(unsigned.code, 1);
  assert.match(unsigned.stderr, /^penstock: DescribeStream failed: InvalidClientTokenId/m);
});

it('get ends with 1 and says why when there is nothing to get', async () => {
  const missing = await penstock(['get', 'nobody', '--no-follow', ...here]);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /^penstock: GetDataEndpoint failed: ResourceNotFoundException/m);
  const bad = await penstock(['get', 'clip', '--from', 'token:1', '--no-follow', ...here]);
  assert.is(bad.code, 1, bad.stderr);
});

it('get writes everything up to the fragment that it cannot merge', async () => {
  assert.is((await penstock(['put', 'mixed', recording, '--fast', '--create', '--tracks', 'video', ...here])).code, 0);
  assert.is((await penstock(['put', 'mixed', recording, '--fast', ...here])).code, 0);
  const file = join(directory, 'mixed.mkv');
  const get = await penstock(['get', 'mixed', '--from', 'earliest', '--no-follow', '-o', file, ...here]);
  assert.is(get.code, 1);
  assert.match(get.stderr, /^penstock: Cannot merge fragment \d+: its tracks differ \[STATUS_/m);
  const [, position = ''] = /^What follows needs a file of its own: --from (fragment:\d+)$/m.exec(get.stderr) ?? [];
  const rest = join(directory, 'mixed-rest.mkv');
  const next = await penstock(['get', 'mixed', '--from', position, '--no-follow', '-o', rest, ...here]);
  assert.is(next.code, 0, next.stderr);
  if (!hasTools) return;
  assert.is(packets(file, 'v').length, 300);
  assert.is(packets(rest, 'v').length, 300);
});

it('Ctrl-C ends an upload in order, with what was taken persisted', async () => {
  const put = await penstock(['put', 'stopped', recording, '--create', ...here], {
    onStart: (child) => interruptAfter(child.stderr!, 1500, child),
  });
  assert.is(put.code, 130, put.stderr);
  const sent = Number(/Sent (\d+) frames/.exec(put.stderr)?.[1]);
  assert.ok(sent > 30 && sent < 700, put.stderr);
  const get = await penstock([
    'get',
    'stopped',
    '--from',
    'earliest',
    '--no-follow',
    '-o',
    join(directory, 'stopped.mkv'),
    ...here,
  ]);
  assert.is(get.code, 0, get.stderr);
  if (hasTools) {
    const file = join(directory, 'stopped.mkv');
    assert.is(packets(file, 'v').length + packets(file, 'a').length, sent);
  }
});

it('Ctrl-C ends an upload whose pipe has gone silent', async () => {
  const silent = new PassThrough();
  silent.write(readFileSync(recording).subarray(0, 900_000)); // and no end
  const put = await penstock(['put', 'silent', '-', '--fast', '--create', ...here], {
    input: silent,
    onStart: (child) => interruptAfter(child.stderr!, 1500, child),
  });
  assert.is(put.code, 130, put.stderr);
  assert.match(put.stderr, /Stopping: .*\nSent \d\d+ frames/);
});

it('streams creates, describes, tags, lists and deletes', async () => {
  const create = await penstock(['streams', 'create', 'cam-1', '--retention-hours', '48', ...here]);
  assert.match(create.stdout.toString(), /^arn:aws:kinesisvideo:us-west-2:\d{12}:stream\/cam-1\/\d+\n$/);
  assert.is((await penstock(['streams', 'tag', 'cam-1', 'site=hq', 'floor=2', ...here])).code, 0);
  assert.is((await penstock(['streams', 'untag', 'cam-1', 'floor', ...here])).code, 0);
  const described = await penstock(['streams', 'describe', 'cam-1', '--json', ...here]);
  const { retentionHours, status, tags } = JSON.parse(described.stdout.toString()) as Record<string, unknown>;
  assert.equal([retentionHours, status, tags], [48, 'ACTIVE', { site: 'hq' }]);
  const listed = await penstock(['streams', 'list', 'cam-', '--json', ...here]);
  assert.equal(
    (JSON.parse(listed.stdout.toString()) as { streamName: string }[]).map((stream) => stream.streamName),
    ['cam-1'],
  );
  assert.match((await penstock(['streams', ...here])).stdout.toString(), /^NAME .*\ncam-1 +ACTIVE +48 h/m);
  assert.is((await penstock(['streams', 'delete', 'cam-1', ...here])).code, 0);
  assert.is((await penstock(['streams', 'describe', 'cam-1', ...here])).code, 1);
});

it('serve --tls is reached with --ca, and with nothing else', async () => {
  const home = join(directory, 'tls');
  const secure = await penstockServe(home, '--tls');
  try {
    assert.match(secure.url, /^https:/);
    const trusted = await penstock(['streams', '--endpoint', secure.url, '--ca', join(home, 'tls', 'certificate.pem')]);
    assert.is(trusted.code, 0, trusted.stderr);
    const untrusted = await penstock(['streams', '--endpoint', secure.url]);
    assert.is(untrusted.code, 1);
    assert.match(untrusted.stderr, /certificate/);
  } finally {
    assert.is(await secure.stop('SIGINT'), 0);
  }
});

it('serve refuses a directory that is already served', async () => {
  const second = await penstock(['serve', join(directory, 'service'), '--port', '0']);
  assert.is(second.code, 1);
  assert.match(second.stderr, /^penstock: /);
});

it('a service that does not answer is named in one line', async () => {
  const { code, stderr } = await penstock(['streams', '--endpoint', 'http://127.0.0.1:59']);
  assert.is(code, 1);
  assert.match(
    stderr,
    /^penstock: ListStreams failed: no answer: .*ECONNREFUSED 127\.0\.0\.1:59 \[STATUS_\w+ 0x[0-9a-f]+\]\n$/,
  );
});

it.run();
