/** The order in which several tracks' frames enter fragments. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DuePacket, Packet } from '../../cli/sources/gop-order.ts';
import { dueByGroup, dueByTimestamp, MAX_GROUP_BYTES, mergeTracks, timecodeMs } from '../../cli/sources/gop-order.ts';

const it = suite('order of frames across tracks');

/** `K100` is a key packet at 100 ms, `66.6` another packet. */
async function* packets(text: string): AsyncGenerator<Packet> {
  for (const word of text.split(' ')) {
    const isKey = word.startsWith('K');
    const timestampUs = Math.round(Number(isKey ? word.slice(1) : word) * 1000);
    yield { data: new Uint8Array(1), timestampUs, durationUs: 1000, isKey };
  }
}

async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of sequence) items.push(item);
  return items;
}

const show = ([track, packet]: [number, DuePacket]): string =>
  `${'va'[track]}${packet.isKey ? 'K' : ''}${packet.timestampUs / 1000}`;

it('dueByGroup() makes the k-th packet of a group due at its k-th smallest timestamp', async () => {
  const due = await collect(dueByGroup(packets('K0 120 40 80 K160 200'), 'video'));
  assert.equal(
    due.map((packet) => packet.dueUs / 1000),
    [0, 40, 80, 120, 160, 200],
  );
  assert.equal(
    due.map((packet) => packet.timestampUs / 1000),
    [0, 120, 40, 80, 160, 200],
    'timestamps stay',
  );
});

it('dueByGroup() refuses an open group and names its key frame', async () => {
  await collect(dueByGroup(packets('K0 40 K160 120 200'), 'Track 1')).then(
    () => assert.unreachable('must reject'),
    (error: Error) => assert.match(error.message, /^Track 1: the key frame at 0\.160 s .*open GOP/),
  );
});

it('dueByGroup() accepts packets before the first key packet', async () => {
  assert.is((await collect(dueByGroup(packets('40 0 K80 120'), 'video'))).length, 4);
});

async function* oneEndlessGroup(): AsyncGenerator<Packet> {
  const data = new Uint8Array(MAX_GROUP_BYTES / 10);
  for (let index = 0; index < 100; index++)
    yield { data, timestampUs: index * 1000, durationUs: 1000, isKey: index === 0 };
}

it('dueByGroup() refuses a group larger than a fragment may be', async () => {
  await collect(dueByGroup(oneEndlessGroup(), 'Track 1')).then(
    () => assert.unreachable('must reject'),
    (error: Error) => assert.match(error.message, /Track 1: no key frame within 50 MB/),
  );
});

const merges: readonly [name: string, video: string, audio: string, expected: string][] = [
  ['video before audio of the same millisecond', 'K0 40 K80', '0 40.9 80.2', 'vK0 a0 v40 a40.9 vK80 a80.2'],
  ['a key frame before audio that is earlier only by a fraction', 'K0 K80.7', '40 80.1 81', 'vK0 a40 vK80.7 a80.1 a81'],
  [
    'reordered video keeps its decode order',
    'K0 120 40 80 K160',
    '10 50 90 130 170',
    'vK0 a10 v120 a50 v40 a90 v80 a130 vK160 a170',
  ],
  ['audio goes on after the last picture', 'K0', '5 10 15', 'vK0 a5 a10 a15'],
  ['audio that begins early goes first', 'K30', '0 10 30', 'a0 a10 vK30 a30'],
];
for (const [name, video, audio, expected] of merges) {
  it(`mergeTracks(): ${name}`, async () => {
    const merged = mergeTracks([dueByGroup(packets(video), 'video'), dueByTimestamp(packets(audio))]);
    assert.is((await collect(merged)).map(show).join(' '), expected);
  });
}

it('mergeTracks() keeps every frame in its fragment, whatever the frame lengths', async () => {
  for (const [groupFrames, frameMs, audioMs] of [
    [30, 1000 / 30, 21.333],
    [12, 41.708, 23.22],
    [50, 16.683, 64],
  ] as const) {
    const order = [0, 3, 1, 2]; // I P B B within each run of four
    const video = Array.from({ length: groupFrames * 4 }, (_, index) => {
      const group = Math.floor(index / groupFrames) * groupFrames;
      const place = index - group;
      const run = place - (place % 4);
      const shown = run + 4 <= groupFrames ? run + order[place % 4]! : place;
      return `${place === 0 ? 'K' : ''}${((group + shown) * frameMs).toFixed(3)}`;
    });
    const audio = Array.from({ length: 200 }, (_, index) => (index * audioMs).toFixed(3));
    const merged = await collect(
      mergeTracks([dueByGroup(packets(video.join(' ')), 'v'), dueByTimestamp(packets(audio.join(' ')))]),
    );
    let fragmentMs = -1;
    let latestMs = -1;
    for (const [, packet] of merged) {
      const ms = timecodeMs(packet.timestampUs);
      if (packet.isKey) {
        assert.ok(ms > latestMs, `fragment at ${ms} begins after every frame before it (${latestMs})`);
        fragmentMs = ms;
      }
      assert.ok(ms >= fragmentMs, `frame at ${ms} is not before its fragment at ${fragmentMs}`);
      latestMs = Math.max(latestMs, ms);
    }
    assert.is(merged.length, video.length + audio.length);
  }
});

it('mergeTracks() ends its tracks when it is left early', async () => {
  let ended = 0;
  async function* endless(): AsyncGenerator<DuePacket> {
    try {
      for (let ms = 0; ; ms++)
        yield { data: new Uint8Array(1), timestampUs: ms, durationUs: 1, isKey: true, dueUs: ms };
    } finally {
      ended++;
    }
  }
  for await (const _ of mergeTracks([endless(), endless()])) break;
  assert.is(ended, 2);
});

it.run();
