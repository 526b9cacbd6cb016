/** A stream under test and its model, side by side; what its sessions carry is read again and compared. */
import * as assert from 'uvu/assert';
import { readFragments } from '../../sdk/consumer/index.ts';
import type { MediaFragment } from '../../sdk/consumer/index.ts';
import { MediaParseError } from '../../sdk/consumer/errors.ts';
import { type ContentStore, type Core, type CoreStream, FRAME_FLAG } from '../../sdk/core/index.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { collect } from '../support/byte-chunks.ts';
import { pieces } from './property.ts';
import { ExpectedSession } from './expected-session.ts';
import { describedBy } from './picture-sets.ts';
import {
  type Call,
  type FramePlan,
  frameSettingsOf,
  freeTrackNumber,
  settingsOf,
  type StreamPlan,
  unitUs,
} from './random-calls.ts';
import { formsOf } from './random-frame.ts';
import { type ModelFragment, StreamModel } from './stream-model.ts';

const STORE_BYTES = 32 << 20;
const REFUSED = {
  'annexb-to-avcc': -STATUS.STATUS_MKV_INVALID_ANNEXB_NALU_IN_FRAME_DATA,
  'avcc-to-annexb': -STATUS.STATUS_MKV_INVALID_AVCC_NALU_IN_FRAME_DATA,
  none: 0,
} as const;

export class WrittenStream {
  readonly model: StreamModel;
  readonly #core: Core;
  readonly #plan: StreamPlan;
  readonly #pushSizes: readonly number[];
  readonly #store: ContentStore;
  readonly #stream: CoreStream;
  #clockUs: number;
  #session: Uint8Array[] = [];
  /** Known when the first bytes of the session are read. */
  #expected: ExpectedSession | null = null;
  /** Of the fragments that the next session may begin with, the index of the first and of the last. */
  #firstIndex = 0;
  #lastIndex = 0;

  constructor(core: Core, plan: StreamPlan, pushSizes: readonly number[]) {
    this.#core = core;
    this.#plan = plan;
    this.#pushSizes = pushSizes;
    this.#clockUs = plan.startUs;
    this.#store = core.openStore(STORE_BYTES);
    this.#stream = this.#store.openStream(settingsOf(plan));
    this.model = new StreamModel(plan);
    assert.is(this.#stream.beginSession(), 0);
  }

  dispose(): void {
    this.#store.dispose();
  }

  async run(call: Call): Promise<void> {
    switch (call.kind) {
      case 'frame':
        return this.#putFrame(call.frame);
      case 'tag':
        return assert.is(
          this.#stream.putFragmentMetadata(call.name, call.value, call.persistent),
          this.model.putTag(call.name, call.value, call.persistent),
        );
      case 'events':
        return assert.is(
          this.#stream.putEventMetadata(call.events, call.metadata),
          this.model.putEvents(call.events, call.metadata),
        );
      case 'end':
        return assert.is(this.#stream.endFragment(), this.model.endFragment());
      case 'endSession':
        return assert.is(this.#stream.endSession(), 0);
      case 'read':
        this.#read(call.bytes);
        return this.#stream.readStatus === STATUS.STATUS_END_OF_STREAM ? this.#goOn() : undefined;
      case 'rollBack':
        this.#stream.rollBack('unpersisted');
        return this.#beginAgain(true);
      case 'begin':
        return this.#beginAgain(false);
    }
  }

  /** Stops, reads the rest, and everything once more from the beginning; then acknowledges, and nothing may be left. */
  async finish(readSizes: readonly number[]): Promise<void> {
    assert.is(this.#stream.stop(), 0);
    this.model.stop();
    this.#stream.rollBack('unpersisted');
    await this.#beginAgain(true);
    const { fragments, framesStored, framesSkipped, generations } = this.model;
    for (let session = 0; session <= generations.newest && fragments.length > 0; session++) {
      for (let turn = 0; turn === 0 || this.#stream.readStatus === 0; turn++)
        this.#read(turn < 300 ? (readSizes[turn % readSizes.length] as number) : 65_536);
      assert.is(this.#expected?.generation, session, 'a session for each generation');
      if (session < generations.newest) await this.#goOn();
    }
    const stats = this.#stream.stats;
    assert.equal(
      [stats.framesStored, stats.framesSkipped, stats.fragmentsBegun, stats.unsentItems],
      [framesStored, framesSkipped, fragments.length, 0],
    );
    assert.is(stats.codecPrivateDataChanges, generations.newest, 'changes');
    const end = this.#expected === null ? 0 : await this.#checkWholeSession(this.#expected);
    assert.is(end, fragments.length, 'fragments');
    // Each of them: of fragments that begin alike, an acknowledgement names the first.
    for (const { timecode } of fragments) this.#stream.acknowledge('persisted', Number(timecode));
    assert.equal([this.#stream.stats.items, this.#store.usedBytes], [0, 0], 'left after the acknowledgements');
  }

  #putFrame(frame: FramePlan): void {
    const { tracks, nal, adapt, scaleTicks } = this.#plan;
    const index = frame.track === 3 ? tracks.length : frame.track % tracks.length;
    const track = tracks[index];
    const number = track?.number ?? freeTrackNumber(this.#plan);
    const { given, stored, brings, framing } = formsOf(frame.content, frameSettingsOf(this.#plan, track));
    const asRecord = adapt || (framing === 'avcc' && nal !== 'avcc-to-annexb');
    const unit = unitUs(scaleTicks);
    this.#clockUs += Math.floor(frame.step.units * unit) + (unit > 1 ? frame.step.us % Math.ceil(unit) : 0);
    const shownLater = frame.isKey && (frame.content.seed & 15) !== 0 ? 0 : Math.floor(frame.shownLater * unit);
    const ptsUs = Math.max(0, this.#clockUs + shownLater);
    const knowsDts = this.#plan.dts === 'mixed' ? frame.knowsDts : this.#plan.dts === 'known';
    const dtsUs = knowsDts ? this.#clockUs : Number.NaN;
    const flags =
      (frame.isKey ? FRAME_FLAG.key : 0) |
      (frame.discardable ? FRAME_FLAG.discardable : 0) |
      (frame.invisible ? FRAME_FLAG.invisible : 0);
    const data = frame.isEmpty ? new Uint8Array() : given;
    const expected = this.model.putFrame({
      trackNumber: number,
      isKey: frame.isKey,
      flags,
      ptsUs,
      dtsUs,
      isEmpty: frame.isEmpty,
      stored: stored ?? REFUSED[nal],
      brings: brings === undefined ? undefined : { sets: brings, described: describedBy(brings, asRecord) },
    });
    const result = this.#stream.putFrame(number, data, flags, ptsUs, dtsUs, frame.durationUs);
    assert.is(result, expected, `putFrame: ${inHex(result)} instead of ${inHex(expected)}`);
  }

  #read(sizeBytes: number): void {
    const chunk = new Uint8Array(sizeBytes);
    const index = this.#stream.stats.fragmentsRead;
    const count = this.#stream.read(chunk);
    if (count > 0 && this.#expected === null) this.#begin(index);
    if (count > 0) this.#session.push(chunk.subarray(0, count));
  }

  #begin(index: number): void {
    const isPossible = index >= this.#firstIndex && index <= this.#lastIndex;
    assert.ok(isPossible, `a session begins at ${index}, not at ${this.#firstIndex} or ${this.#lastIndex}`);
    this.#expected = new ExpectedSession(this.#plan, this.model, index);
  }

  /** The session so far must be what the model holds, cut off anywhere; the next one begins where it must. */
  async #beginAgain(fromStart: boolean): Promise<void> {
    if (this.#expected !== null) await this.#checkCutSession(this.#expected);
    if (fromStart) [this.#firstIndex, this.#lastIndex] = [0, 0];
    this.#nextSession();
  }

  /** The session has ended in front of a fragment, and the next one begins with that. */
  async #goOn(): Promise<void> {
    if (this.#expected === null) return;
    const index = await this.#checkWholeSession(this.#expected);
    [this.#firstIndex, this.#lastIndex] = [index, index];
    this.#nextSession();
  }

  #nextSession(): void {
    this.#session = [];
    this.#expected = null;
    assert.is(this.#stream.beginSession(), 0);
  }

  /** @returns index of the fragment behind the session */
  async #checkWholeSession(expected: ExpectedSession): Promise<number> {
    const { items, error } = await this.#readBack();
    assert.is(error, undefined);
    for (const [index, item] of items.entries())
      expected.whole(item, this.model.fragments[expected.index + index] as ModelFragment);
    return expected.index + items.length;
  }

  async #checkCutSession(expected: ExpectedSession): Promise<void> {
    const { items, error } = await this.#readBack();
    if (error !== undefined) assert.instance(error, MediaParseError);
    const partial = error instanceof MediaParseError ? error.partialFragment : undefined;
    // Cut inside the head of a cluster, or the tags in front of the first one, nothing is known about a fragment.
    const all = [...items, ...(partial === undefined ? [] : [partial])].filter(
      (item) => !Number.isNaN(item.clusterTimecode),
    );
    if (all.length === 0) return;
    for (const [index, item] of all.entries()) {
      const fragment = this.model.fragments[expected.index + index] as ModelFragment;
      if (index + 1 < all.length) expected.whole(item, fragment);
      else expected.prefix(item, fragment, this.model.fragments[expected.index + index + 1]);
    }
    // A fragment whose frames were all sent need not be sent again when it has ended; nothing else may be left out.
    const reached = expected.index + all.length - 1;
    const isWhole = all.at(-1)?.frames.length === this.model.fragments[reached]?.frames.length;
    this.#firstIndex = reached;
    this.#lastIndex = isWhole ? reached + 1 : reached;
  }

  #readBack(): Promise<{ readonly items: MediaFragment[]; readonly error: unknown }> {
    const bytes = Uint8Array.from(Buffer.concat(this.#session));
    return collect(readFragments(this.#core, pieces(bytes, this.#pushSizes)));
  }
}

const inHex = (result: number): string => (result < 0 ? `-0x${(-result).toString(16)}` : String(result));
