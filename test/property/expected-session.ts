/** What a session carries, compared with the model. */
import * as assert from 'uvu/assert';
import type { MediaFragment } from '../../sdk/consumer/index.ts';
import { FRAME_FLAG } from '../../sdk/core/index.ts';
import type { ModelTrack } from './generation-model.ts';
import type { StreamPlan } from './random-calls.ts';
import { expectedTrack } from './random-track.ts';
import type { ModelFragment, ModelTag, StreamModel } from './stream-model.ts';

const tagsOf = ({ tags }: MediaFragment): ModelTag[] => tags.map(({ name, value }) => [name, value]);

/** A session that has begun: its fragments are of one generation, and its header says what was known then. */
export class ExpectedSession {
  /** Of the fragment that it begins with. */
  readonly index: number;
  readonly generation: number;
  readonly #plan: StreamPlan;
  readonly #header: readonly ModelTrack[];

  constructor(plan: StreamPlan, { fragments, generations }: StreamModel, index: number) {
    this.#plan = plan;
    this.index = index;
    this.generation = (fragments[index] as ModelFragment).generation;
    this.#header = generations.headerOf(this.generation);
    generations.give(this.generation);
  }

  whole(item: MediaFragment, fragment: ModelFragment): void {
    this.#compareHead(item, fragment);
    assert.equal(tagsOf(item), [...fragment.leading, ...fragment.trailing], 'tags');
    assert.is(item.frames.length, fragment.frames.length, 'frames');
    this.#compareFrames(item, fragment);
  }

  /** The fragment, cut off anywhere: the tags of the fragment behind may already be there, but not its cluster. */
  prefix(item: MediaFragment, fragment: ModelFragment, next: ModelFragment | undefined): void {
    this.#compareHead(item, fragment);
    const possible = [...fragment.leading, ...fragment.trailing, ...(next?.leading ?? [])];
    const tags = tagsOf(item);
    assert.ok(tags.length >= fragment.leading.length, 'tags in front of the cluster');
    assert.equal(tags, possible.slice(0, tags.length), 'tags, cut off');
    assert.ok(item.frames.length <= fragment.frames.length, 'more frames than were put');
    this.#compareFrames(item, fragment);
  }

  #compareHead(item: MediaFragment, fragment: ModelFragment): void {
    assert.is(item.clusterTimecode, Number(fragment.timecode), 'cluster timecode');
    assert.is(item.timecodeScaleNs, this.#plan.scaleTicks * 100);
    assert.is(fragment.generation, this.generation, 'generation');
    const tracks = this.#plan.tracks.map((track, index) => expectedTrack(track, this.#header[index]?.described ?? {}));
    assert.equal(item.tracks, tracks);
  }

  #compareFrames(item: MediaFragment, fragment: ModelFragment): void {
    for (const [index, frame] of item.frames.entries()) {
      const { trackNumber, timecode, flags, data } = fragment.frames[index] as ModelFragment['frames'][number];
      const found =
        (frame.isKey ? FRAME_FLAG.key : 0) |
        (frame.discardable ? FRAME_FLAG.discardable : 0) |
        (frame.invisible ? FRAME_FLAG.invisible : 0);
      const timestampUs = Number((timecode * BigInt(this.#plan.scaleTicks)) / 10n);
      assert.equal(
        [frame.trackNumber, frame.timecode, frame.timestampUs, found],
        [trackNumber, Number(timecode), timestampUs, flags],
        `frame ${index}`,
      );
      assert.ok(Buffer.compare(frame.data, data) === 0, `bytes of frame ${index}`);
    }
  }
}
