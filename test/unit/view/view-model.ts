import * as assert from 'uvu/assert';
import type { ContentStore } from '../../../sdk/core/content-store.ts';
import type { CoreStream } from '../../../sdk/core/core-stream.ts';
import {
  type DroppedFrames,
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_FLAG,
  FRAME_RESULT_MASK,
  FRAME_SKIPPED,
} from '../../../sdk/core/core-stream-types.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { parseSession } from './wire.ts';

/** A random operation; numbers are reduced to what makes sense at that moment. */
export type ViewOperation =
  | { readonly kind: 'put'; readonly key: boolean; readonly sizeBytes: number }
  | { readonly kind: 'endFragment' | 'endSession' | 'drop' | 'begin' | 'change' | 'awaitKeyFrame' | 'overdue' }
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'ack'; readonly type: 'buffering' | 'received' | 'persisted'; readonly pick: number }
  | { readonly kind: 'rollBack'; readonly to: 'unpersisted' | 'received' }
  | { readonly kind: 'replay'; readonly frames: number; readonly alive: boolean }
  | { readonly kind: 'skip'; readonly pick: number };

/** From frame to frame, microseconds. */
const FRAME_US = 1000;
/** Media that the view may hold. */
const BUFFER_US = 30 * FRAME_US;

const PRIVATE_DATA_MARK = [0xc0, 0xff, 0xee, 0xc0, 0xff, 0xee, 0xc0, 0xff];

interface ModelFragment {
  readonly timecode: number;
  readonly frames: number[];
  /** Number of the codec private data that it was put with; 0 for that of the opening. */
  readonly privateData: number;
  /** Some session carried the whole fragment, and then a persisted acknowledgement named it or a newer one. */
  persisted: boolean;
  /** Reported to the caller as gone. */
  dropped: boolean;
}

/**
 * What must hold for a stream whatever happens to it, kept beside the stream: no frame is ever lost. A stored frame is in the view, or was
 * reported as dropped, or was sent and acknowledged as persisted. Every session parses and carries whole fragments in order, behind the
 * codec private data that they were put with.
 */
/** An end of fragment without tags, which is no frame. */
const MARK_BYTES = 84;

export class ViewModel {
  readonly #store: ContentStore;
  readonly #stream: CoreStream;
  readonly #fragments: ModelFragment[] = [];
  /** Frames that some session carried to the last byte. */
  readonly #sent = new Set<number>();
  #session: Uint8Array[] = [];
  #aborted = false;
  #nextFrame = 1;
  #privateData = 0;

  constructor(store: ContentStore, stream: CoreStream) {
    this.#store = store;
    this.#stream = stream;
    assert.is(stream.watchPressure({ bufferUs: BUFFER_US }), 0);
    this.#begin();
  }

  run(operation: ViewOperation): void {
    switch (operation.kind) {
      case 'put':
        this.#put(operation.key, operation.sizeBytes);
        break;
      case 'endFragment':
        this.#endFragment();
        break;
      case 'endSession':
        this.#stream.endSession();
        break;
      case 'read':
        this.#read(operation.bytes);
        break;
      case 'ack':
        this.#acknowledge(operation.type, operation.pick);
        break;
      case 'rollBack':
        this.#stream.rollBack(operation.to);
        this.#begin();
        break;
      case 'replay':
        this.#replay(operation.frames * FRAME_US, operation.alive);
        break;
      case 'overdue':
        this.#dropOverdue();
        break;
      case 'awaitKeyFrame':
        this.#stream.awaitKeyFrame();
        break;
      case 'begin':
        this.#begin();
        break;
      case 'change':
        this.#change();
        break;
      case 'drop':
        this.#drop();
        break;
      case 'skip':
        this.#skip(operation.pick);
        break;
    }
    this.#checkBooks();
  }

  /** Sends everything that is left and acknowledges it: nothing may remain, and nothing may be missing. */
  finish(): void {
    this.#stream.stop();
    this.#stream.rollBack('unpersisted');
    do {
      this.#begin();
      this.#readAll();
      const last = parseSession(this.#bytes()).at(-1);
      if (last === undefined) break;
      this.#stream.acknowledge('persisted', last.timecode);
      this.#persisted(last.timecode);
      this.#readAll();
      assert.is(this.#stream.readStatus, STATUS.STATUS_END_OF_STREAM, 'the session ends');
    } while (this.#stream.stats.items > 0);
    this.#closeSession();
    assert.is(this.#stream.stats.items, 0, 'items left in the view');
    assert.is(this.#store.usedBytes, 0, 'bytes left in the store');
    for (const fragment of this.#fragments) {
      const lost = fragment.frames.filter((frame) => !this.#sent.has(frame));
      if (!fragment.dropped)
        assert.equal(
          lost,
          [],
          `frames of the fragment at ${fragment.timecode} that were never sent and never reported`,
        );
      assert.ok(
        fragment.dropped || fragment.persisted,
        `the fragment at ${fragment.timecode} went away unacknowledged`,
      );
    }
  }

  /** Only a fragment that is closed, and so can be released, may stand in the way of an end. */
  #endFragment(): void {
    const status = -this.#stream.endFragment();
    if (status === STATUS.STATUS_STORE_OUT_OF_MEMORY) assert.ok(this.#stream.stats.fragments > 1, 'no room for an end');
  }

  /** What is told of the frames beforehand is what goes. */
  #drop(): void {
    const told = this.#stream.framesOf('oldest');
    const dropped = this.#stream.dropOldestFragment();
    this.#dropped(dropped);
    assert.is(told.length, dropped.frames, 'frames told before the drop');
    const bytes = told.reduce((sum, frame) => sum + frame.bytes, 0);
    assert.ok(bytes <= dropped.bytes && bytes >= dropped.bytes - MARK_BYTES, `${bytes} of ${dropped.bytes} bytes told`);
  }

  #put(key: boolean, sizeBytes: number): void {
    const frame = this.#nextFrame;
    const data = new Uint8Array(sizeBytes + 4).fill(0xee);
    new DataView(data.buffer).setUint32(0, frame);
    const answer = this.#stream.putFrame(1, data, key ? FRAME_FLAG.key : 0, frame * FRAME_US, NaN, FRAME_US);
    const result = answer < 0 ? answer : answer & FRAME_RESULT_MASK;
    if (result === FRAME_SKIPPED || result === -STATUS.STATUS_STORE_OUT_OF_MEMORY) return;
    assert.ok(result >= 0, `put: ${(-result).toString(16)}`);
    this.#nextFrame++;
    if (result === FRAME_BEGAN_FRAGMENT || result === FRAME_BEGAN_GENERATION) {
      const privateData = this.#privateData;
      this.#fragments.push({ timecode: frame, frames: [], privateData, persisted: false, dropped: false });
    }
    const open = this.#fragments.at(-1);
    assert.ok(open && !open.dropped, 'a frame behind a fragment that is gone');
    open.frames.push(frame);
    open.persisted = false;
  }

  #change(): void {
    const changed = this.#privateData + 1;
    const status = this.#stream.setCodecPrivateData(1, Uint8Array.of(...PRIVATE_DATA_MARK, changed));
    if (status === 0) this.#privateData = changed;
    else assert.is(status, -STATUS.STATUS_STORE_OUT_OF_MEMORY);
  }

  #begin(): void {
    this.#closeSession();
    this.#stream.beginSession();
    this.#aborted = false;
  }

  #bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#session));
  }

  #read(bytes: number): void {
    const chunk = new Uint8Array(bytes);
    const count = this.#stream.read(chunk);
    if (this.#aborted) assert.is(count, 0, 'bytes behind a fragment that was taken away');
    this.#session.push(chunk.slice(0, count));
    for (const cluster of parseSession(this.#bytes())) for (const frame of cluster.frames) this.#sent.add(frame);
  }

  #readAll(): void {
    do this.#read(1000);
    while (this.#stream.readStatus === 0);
  }

  /** Clusters are in order, and carry the fragment's frames from the first on: all of them if another cluster follows. */
  #closeSession(): void {
    const bytes = Buffer.from(this.#bytes());
    const clusters = parseSession(bytes);
    const mark = bytes.indexOf(Buffer.from(PRIVATE_DATA_MARK));
    const privateData = mark < 0 ? 0 : bytes[mark + PRIVATE_DATA_MARK.length];
    this.#session = [];
    clusters.forEach((cluster, index) => {
      const fragment = this.#fragments.find(({ timecode }) => timecode === cluster.timecode);
      assert.ok(fragment, `no fragment at ${cluster.timecode}`);
      assert.is(fragment.privateData, privateData, `private data in front of the cluster at ${cluster.timecode}`);
      const whole = index + 1 < clusters.length || cluster.marked;
      const expected = whole ? fragment.frames : fragment.frames.slice(0, cluster.frames.length);
      assert.equal(cluster.frames, expected, `frames of the cluster at ${cluster.timecode}`);
      const before = clusters[index - 1];
      assert.ok(before === undefined || before.timecode < cluster.timecode, 'clusters out of order');
    });
  }

  #acknowledge(type: 'buffering' | 'received' | 'persisted', pick: number): void {
    const fragment = this.#fragments[pick % Math.max(this.#fragments.length, 1)];
    if (fragment === undefined) return;
    const outcome = this.#stream.acknowledge(type, fragment.timecode);
    if (outcome.status === 0 && type === 'persisted') this.#persisted(fragment.timecode);
    if (type !== 'persisted') assert.is(outcome.frames, 0, `${type} releases nothing`);
  }

  /** The acknowledgement covers what was sent whole until then. */
  #persisted(timecode: number): void {
    for (const fragment of this.#fragments) {
      if (fragment.timecode <= timecode && fragment.frames.every((frame) => this.#sent.has(frame)))
        fragment.persisted = true;
    }
  }

  /** Fragments are dropped one by one, each told, until less than the buffer duration is left, or only what must stay. */
  #dropOverdue(): void {
    for (;;) {
      const before = this.#stream.stats;
      const dropped = this.#stream.dropOverdueFragment();
      if (dropped.frames === 0) {
        const { durationUs, fragments } = this.#stream.stats;
        assert.ok(durationUs < BUFFER_US || fragments <= 3, `${durationUs} µs in ${fragments} fragments are left`);
        return;
      }
      assert.is(dropped.fragments, 1);
      assert.ok(before.durationUs >= BUFFER_US, `dropped from ${before.durationUs} µs`);
      this.#dropped(dropped);
    }
  }

  /** The native policy: what it gives up is told, and lies the replay duration or more in front of what was to be read. */
  #replay(replayUs: number, alive: boolean): void {
    const before = this.#stream.stats.unsentDurationUs;
    const outcome = this.#stream.rollBackByDuration(replayUs, alive);
    this.#dropped({ status: 0, ...outcome });
    const backUs = this.#stream.stats.unsentDurationUs - before;
    if (!alive && outcome.fragments > 0) assert.ok(backUs >= replayUs, `${backUs} µs back instead of ${replayUs}`);
    this.#begin();
  }

  #skip(pick: number): void {
    const fragment = this.#fragments[pick % Math.max(this.#fragments.length, 1)];
    if (fragment === undefined) return;
    const dropped = this.#stream.skipFragment(fragment.timecode);
    this.#dropped(dropped);
    if (dropped.frames > 0) this.#aborted = this.#isAborted();
  }

  /** Whether the session is over, seen from outside: a read of nothing would not say. */
  #isAborted(): boolean {
    const probe = new Uint8Array(1);
    const count = this.#stream.read(probe);
    this.#session.push(probe.slice(0, count));
    return this.#stream.readStatus === STATUS.STATUS_UPLOAD_HANDLE_ABORTED;
  }

  /** What was reported as gone are whole fragments of the model, frame for frame. */
  #dropped(report: DroppedFrames): void {
    if (report.frames === 0) return;
    const gone = this.#fragments
      .slice(report.firstFragment - 1, report.lastFragment)
      .filter((fragment) => !fragment.dropped);
    // Of several, some may have left before, as persisted.
    const owed = report.firstFragment === report.lastFragment ? gone : gone.filter(({ persisted }) => !persisted);
    const [least, most] = [owed, gone].map((fragments) => fragments.flatMap(({ frames }) => frames).length);
    assert.ok(
      Number(least) <= report.frames && report.frames <= Number(most),
      `${report.frames} of ${least} to ${most}`,
    );
    assert.is(gone[0]?.frames[0], report.firstPtsUs / FRAME_US, 'the first that was reported as dropped');
    assert.is(gone.at(-1)?.frames.at(-1), report.lastPtsUs / FRAME_US, 'the last that was reported as dropped');
    const sent = gone.flatMap(({ frames }) => frames.filter((frame) => this.#sent.has(frame)));
    if (least === most) assert.is(report.sentFrames, sent.length, 'sent frames among the dropped');
    for (const fragment of gone) fragment.dropped = true;
  }

  #checkBooks(): void {
    const { items, bytes, unsentItems, unsentBytes, fragments } = this.#stream.stats;
    assert.ok(unsentItems <= items && unsentBytes <= bytes, 'more unsent than there is');
    assert.is(fragments === 0, items === 0, 'items without a fragment');
    assert.ok(this.#store.usedBytes >= bytes, 'bytes that are not in the store');
    assert.ok(items > 0 || this.#store.usedBytes === 0, 'an empty view in a store that is not empty');
  }
}
