/** Frames that are stamped with the clock at their put: every form of them, however long the put takes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidFrameError } from '../../../../sdk/errors.ts';
import type { EncodedChunk, Frame, FrameInput } from '../../../../sdk/producer/index.ts';
import { BASE_MS, outcomeOf, TestStream, watched } from '../../../support/test-stream.ts';
import { arrived, audio, AUDIO_TRACK, key, openOrdered, putAll, video } from '../../../support/uneven-tracks.ts';

const it = suite('arrival clock');

/** As an encoder's: the fields are the class's, not the object's own. */
class Chunk implements EncodedChunk {
  readonly #frame: Frame;
  constructor(frame: Frame) {
    this.#frame = frame;
  }
  get type(): 'key' | 'delta' {
    return this.#frame.isKey ? 'key' : 'delta';
  }
  get timestamp(): number {
    return 12;
  }
  get duration(): null {
    return null;
  }
  get byteLength(): number {
    return this.#frame.data.length;
  }
  copyTo(destination: Uint8Array): void {
    destination.set(this.#frame.data);
  }
}

it('chunks, and chunks of a track, get the time of their put', async () => {
  const test = await TestStream.open({ timestamps: 'arrival' });
  await test.stream.putFrame(new Chunk(key(0)));
  await test.service.advance(33);
  await test.stream.putFrame({ chunk: new Chunk(video(0)), trackNumber: 1 });
  await test.service.idle();
  assert.is(await arrived(test), 'v0 v33');
  const [fragment] = await test.service.upload.fragments();
  assert.equal(fragment?.frames[0]?.data, key(0).data);
  await test.end();
});

it('a put that waits for room has the time of its call, not that of its success', async () => {
  const test = await TestStream.open({ timestamps: 'arrival' }, { storeBytes: 1 << 20 });
  const large = { sizeBytes: 128 * 1024 };
  let count = 0;
  while (test.stream.tryPutFrame(key(0, large)) === 'stored') {
    count++;
    await test.service.advance(10);
  }
  const waiting = watched(test.stream.putFrame(key(0, large)));
  await test.service.advance(500);
  assert.is(await outcomeOf(waiting), 'pending');
  test.service.upload.persist(BASE_MS, BASE_MS + 10);
  await test.service.idle();
  assert.is(await outcomeOf(waiting), undefined);
  assert.match(await arrived(test), new RegExp(`v${count * 10}$`));
  await test.end();
});

it('stamped frames of several tracks may be put in order as well: there is nothing to change', async () => {
  const test = await openOrdered({ timestamps: 'arrival' });
  const frames: Frame[] = [key(9), audio(5), video(1), audio(0)];
  for (const frame of frames) {
    await test.stream.putFrame(frame);
    await test.service.advance(10);
  }
  await test.service.idle();
  assert.is(await arrived(test), 'v0 a10 v20');
  await test.end();
});

it('frames that bring their own time still have to', async () => {
  const test = await TestStream.open();
  const { timestampUs: _, ...untimed } = key(0);
  assert.instance(await outcomeOf(test.stream.putFrame(untimed)), InvalidFrameError);
  assert.instance(await outcomeOf(test.stream.putFrame(undefined as unknown as FrameInput)), TypeError);
  await putAll(test, key(0));
  await test.end();
  const other = await TestStream.open({ timestamps: 'arrival', tracks: [AUDIO_TRACK] });
  assert.instance(await outcomeOf(other.stream.putFrame(undefined as unknown as FrameInput)), TypeError);
  await other.end();
});

it.run();
