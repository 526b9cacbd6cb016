/** Traps of the native core about connections and acks, and what happens here instead: docs/traps.md. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServiceCallError } from '../../sdk/errors.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import * as SERVICE_RESULT from '../../sdk/service-results.ts';
import { CallbackRecorder } from '../support/callback-recorder.ts';
import { openFixture, readAll, toHex } from '../support/core-fixture.ts';
import { loadCore } from '../support/load-core.ts';
import { endMarks, putNumbered } from '../support/numbered-frames.ts';
import { framed, h264Sets, slice } from '../support/parameter-sets.ts';
import { ackLine, ScriptedMedia } from '../support/scripted-media.ts';
import { BASE_MS, outcomeOf, testFrame, TestStream, timecodeOf, watched } from '../support/test-stream.ts';

const it = suite('scenarios: traps of sessions');
const RECONNECT_MS = 2_000;

it('T1: all acks of one piece count, the second and the third as the first', async () => {
  const test = await TestStream.open();
  await test.putFragments(4);
  test.service.upload.send([0, 1, 2].map((n) => ackLine('PERSISTED', timecodeOf(n))).join(''));
  await test.service.idle();
  assert.equal([test.stream.metrics.acks.persisted, test.stream.metrics.fragmentsPersisted], [3, 3]);
  await test.end();
});

it('T2: a nested value may be cut anywhere between two pieces', async () => {
  const text = `{"Extra":{"a":[{"b":"}]"},[]]},"EventType":"PERSISTED","FragmentTimecode":${timecodeOf(0)}}`;
  for (const at of [10, 15, 18, 22, 26, 30]) {
    const test = await TestStream.open();
    await test.putFragments(2);
    test.service.upload.send(text.slice(0, at));
    await test.service.idle();
    test.service.upload.send(text.slice(at));
    await test.service.idle();
    assert.is(test.stream.metrics.fragmentsPersisted, 1, `cut at ${at}`);
    await test.end();
  }
});

it('T3: half an ack that a broken connection leaves behind does not touch the acks of the next', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  test.service.upload.send('{"EventType":"PERSISTED","Text":"never ends');
  await test.service.idle();
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  assert.equal(test.eventsOf('ack-ignored'), []);
  await test.end();
});

it('T3: an ack that never ends is given up in bounded memory', async () => {
  const test = await TestStream.open();
  await test.putFragments(2);
  test.service.upload.send('{"EventType":"');
  for (let n = 0; n < 50; n++) test.service.upload.send('x'.repeat(10_000));
  test.service.upload.send(`\n${ackLine('PERSISTED', timecodeOf(0))}`);
  await test.service.idle();
  assert.ok(test.eventsOf('ack-ignored').every(({ error }) => error.code === 'STATUS_INVALID_ACK_SEGMENT_LEN'));
  assert.ok(test.eventsOf('ack-ignored').length > 0);
  assert.is(test.stream.metrics.fragmentsPersisted, 1);
  await test.end();
});

for (const [name, answer] of [
  ['refused', { status: 400, body: '{}' }],
  ['timed out', { status: 504, body: '{}' }],
  ['never made', new Error('ECONNREFUSED')],
] as const) {
  it(`T4: a PutMedia that was ${name} is made again, and the stream can be stopped`, async () => {
    const accept = new ScriptedMedia();
    const test = await TestStream.open();
    test.service.on('/putMedia', async (request, count) => {
      if (count < 3) return answer;
      return { body: (await accept.fetch(request)).body as ReadableStream<Uint8Array> };
    });
    await test.putFragments(1);
    const stopped = watched(test.stream.stop());
    await test.service.pass(5_000);
    assert.equal(await accept.upload.timecodes(), [timecodeOf(0)]);
    accept.upload.persist(timecodeOf(0));
    await test.service.idle();
    assert.is(await outcomeOf(stopped), undefined);
    await test.end();
  });
}

it('T5: a stop whose last fragment is never PERSISTED says so, with the status for it', async () => {
  const test = await TestStream.open({ stopTimeoutMs: 5_000 });
  await test.putFragments(2);
  test.service.upload.persist(timecodeOf(0));
  test.service.upload.ack('RECEIVED', timecodeOf(1));
  const stopped = watched(test.stream.stop());
  await test.service.pass(5_100);
  const error = (await outcomeOf(stopped)) as { code: string; fragments: number };
  assert.equal([error.code, error.fragments], ['STATUS_PUTMEDIA_LAST_PERSIST_ACK_NOT_RECEIVED', 1]);
  await test.end();
});

it('T6: an error ack ends the connection that it came over', async () => {
  const recorder = new CallbackRecorder();
  const test = await TestStream.open({}, { streamCallbacks: recorder.only('streamErrorReport') });
  await test.putFragments(2);
  test.service.upload.reset();
  await test.service.pass(RECONNECT_MS);
  const [, second] = test.service.uploads;
  second?.ack('ERROR', timecodeOf(0), { ErrorId: 5000 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(
    recorder.of('streamErrorReport').map(({ uploadHandle }) => uploadHandle),
    [2],
  );
  assert.equal(
    test.eventsOf('disconnected').map(({ session, reason }) => [session, reason]),
    [
      [1, 'lost'],
      [2, 'error-ack'],
    ],
  );
  assert.is(test.service.uploads.length, 3);
  await test.end();
});

it('T7: the mark that ends a session comes whole, whatever the size of the reads', () => {
  const marked = (chunkBytes: number): string => {
    const { stream } = openFixture(loadCore('simd'), { expectsPersistedAck: false });
    putNumbered(stream, 0, 1000);
    stream.beginSession();
    const body = readAll(stream);
    stream.endSession();
    putNumbered(stream, 1000, 2000);
    const mark = readAll(stream, chunkBytes);
    assert.is(endMarks(Uint8Array.of(...body, ...mark)), 1);
    assert.is(stream.readStatus, STATUS.STATUS_END_OF_STREAM);
    return toHex(mark);
  };
  for (const chunkBytes of [1, 3, 16, 100]) assert.is(marked(chunkBytes), marked(4096), `${chunkBytes}`);
});

it('T12: a read that finds nothing gives 0, whatever the one before gave', () => {
  const { stream } = openFixture(loadCore('simd'));
  stream.beginSession();
  assert.is(stream.read(new Uint8Array(100)), 0, 'nothing was ever put');
  putNumbered(stream, 0, 1000);
  assert.is(stream.read(new Uint8Array(100)), 100);
  readAll(stream);
  assert.is(stream.read(new Uint8Array(100)), 0);
  stream.rollBack('received');
  assert.is(stream.read(new Uint8Array(100)), 0);
});

it('T19: relative timecodes keep their base when a connection is replaced, so that acks name what they mean', async () => {
  const service = new ScriptedMedia();
  service.uploadsStayOpen = true;
  const test = await TestStream.open(
    { tracks: [{ kind: 'video', codec: 'h264' }], timecodeType: 'relative' },
    {},
    service,
  );
  for (const [n, sets] of [h264Sets(640, 480), h264Sets(1280, 720), h264Sets(1280, 720)].entries())
    await test.stream.putFrame({
      data: framed('avcc', [...sets.units, slice('h264', true, n)]),
      timestampUs: (BASE_MS + n * 1_000) * 1_000,
      isKey: true,
    });
  await service.idle();
  service.upload.ack('PERSISTED', 0);
  service.upload.close();
  await service.pass(100);
  assert.equal(await service.upload.timecodes(), [1_000, 2_000]);
  service.upload.reset();
  await service.pass(RECONNECT_MS);
  assert.equal(await service.upload.timecodes(), [1_000, 2_000]);
  service.upload.ack('PERSISTED', 1_000);
  await service.idle();
  assert.is(test.stream.metrics.fragmentsPersisted, 2);
  assert.equal(test.eventsOf('ack-ignored'), []);
  await test.end();
});

it('T21: a last ack that names nothing does not leave the stop hanging: the fragment is sent again', async () => {
  const test = await TestStream.open({ stallTimeoutMs: 3_000 });
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.ack('PERSISTED', timecodeOf(0) + 500_000);
  await test.service.pass(5_000);
  assert.is(test.eventsOf('ack-ignored').length, 1);
  assert.is(test.service.uploads.length, 2);
  assert.equal(await test.service.upload.timecodes(), [timecodeOf(0)]);
  test.service.upload.ack('PERSISTED', timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(stopped), undefined);
  await test.end();
});

it('T22: a fragment that is PERSISTED while it is sent again comes to its end, and the next follows whole', () => {
  const { stream } = openFixture(loadCore('simd'));
  putNumbered(stream, 0, 3000);
  stream.beginSession();
  readAll(stream);
  stream.rollBack('unpersisted');
  stream.beginSession();
  const begun = new Uint8Array(600);
  stream.read(begun);
  stream.acknowledge('persisted', 1000);
  const rest = readAll(stream);
  const text = toHex(Uint8Array.of(...begun, ...rest));
  for (const ms of [0, 900, 2000, 2900])
    assert.ok(text.includes(ms.toString(16).padStart(8, '0') + '00'.repeat(36)), `${ms}`);
  assert.not.ok(
    text.includes((1500).toString(16).padStart(8, '0') + '00'.repeat(36)),
    'what was persisted and not begun',
  );
  assert.equal([stream.stats.fragments, stream.stats.unsentItems], [1, 0]);
});

it('T23: what is unsent counts the item that is being sent once, after stop too', () => {
  const begun = () => {
    const { stream } = openFixture(loadCore('simd'));
    putNumbered(stream, 0, 1000);
    stream.beginSession();
    return stream;
  };
  const stream = begun();
  const { unsentBytes } = stream.stats;
  const headerBytes = readAll(begun()).length - unsentBytes;
  assert.is(stream.read(new Uint8Array(headerBytes + 100)), headerBytes + 100);
  assert.is(stream.stats.unsentBytes, unsentBytes - 100);
  stream.stop();
  assert.is(stream.stats.unsentBytes, unsentBytes - 100);
});

it('T28: what the service says of retention counts, not what was asked for', async () => {
  const test = await TestStream.open({ retentionHours: 24 }, {}, new ScriptedMedia(0));
  await test.putFragments(1);
  const stopped = watched(test.stream.stop());
  await test.service.idle();
  test.service.upload.ack('RECEIVED', timecodeOf(0));
  await test.service.idle();
  assert.is(await outcomeOf(stopped), undefined, 'no PERSISTED ack would ever come');
  await test.end();
});

it('T43: a connection that ends in its grace period is a connection that has ended', async () => {
  let calls = 0;
  const uploads: ScriptedMedia[] = [];
  const test = await TestStream.open(
    {},
    {
      apiCallbacks: {
        putStream: async ({ body, context: { signal } }) => {
          if (++calls === 1) {
            await (body.getReader().read() as Promise<unknown>);
            throw new ServiceCallError({ operation: 'PutMedia', result: SERVICE_RESULT.STREAM_AUTH_IN_GRACE_PERIOD });
          }
          const media = new ScriptedMedia();
          uploads.push(media);
          const { body: acks } = await media.fetch({
            method: 'POST',
            url: 'http://127.0.0.1:2/putMedia',
            headers: {},
            body,
            signal,
          });
          return { result: 200, acks };
        },
      },
    },
  );
  await test.putFragments(2);
  await test.service.pass(RECONNECT_MS);
  assert.is(calls, 2);
  assert.equal(await uploads[0]?.upload.timecodes(), [0, 1].map(timecodeOf), 'and what it carried is sent again');
  await test.end();
});

it('T44: the late end of a connection that was given up does nothing to the one that has its place', async () => {
  const test = await TestStream.open();
  let late: (() => void) | undefined;
  test.service.on('/putMedia', (request) => {
    const body = request.body as ReadableStream<Uint8Array>;
    const isFirst = late === undefined;
    void new Response(body).arrayBuffer().catch(() => undefined);
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const answer = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    if (isFirst) late = () => controller.error(new TypeError('terminated'));
    return { body: answer };
  });
  await test.putFragments(2);
  test.stream.resetConnection();
  await test.service.pass(RECONNECT_MS);
  assert.is(test.stream.metrics.sessions, 2);
  late?.();
  await test.service.pass(RECONNECT_MS);
  assert.equal([test.stream.metrics.sessions, test.stream.metrics.fragmentsResent], [2, 2]);
  assert.equal(
    test.eventsOf('disconnected').map(({ session, reason }) => [session, reason]),
    [[1, 'reset']],
  );
  await test.end();
});

it('T52: an ack names the fragment that begins at its timecode, not the one whose last frame ends there', async () => {
  const test = await TestStream.open();
  for (let i = 0; i < 12; i++) await test.stream.putFrame({ ...testFrame(i), durationUs: 250_000 });
  await test.service.idle();
  test.service.upload.ack('RECEIVED', timecodeOf(1));
  test.service.upload.ack('ERROR', timecodeOf(1), { ErrorId: 4002 });
  await test.service.pass(RECONNECT_MS);
  assert.equal(await test.service.upload.timecodes(), [0, 2].map(timecodeOf));
  assert.is(test.eventsOf('fragment-rejected')[0]?.frames, 4);
  await test.end();
});

it.run();
