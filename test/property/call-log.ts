/** Makes the calls on one flavour and writes down what each of them gave. */
import { createHash } from 'node:crypto';
import type { ContentStore, Core, CoreStream } from '../../sdk/core/index.ts';
import { type Call, type FramePlan, frameSettingsOf, settingsOf, type StreamPlan } from './random-calls.ts';
import { formsOf } from './random-frame.ts';
import type { WildCall } from './wild-calls.ts';

/** Small, so that it is full now and then. */
const STORE_BYTES = 256 << 10;

export class CallLog {
  readonly lines: string[] = [];
  readonly #plan: StreamPlan;
  readonly #store: ContentStore;
  readonly #stream: CoreStream;
  #clockUs: number;

  constructor(core: Core, plan: StreamPlan, wild: readonly WildCall[], readSizes: readonly number[]) {
    this.#plan = plan;
    this.#clockUs = plan.startUs;
    this.#store = core.openStore(STORE_BYTES);
    try {
      this.#stream = this.#store.openStream(settingsOf(plan));
      const planned = [...plan.calls];
      for (const call of wild)
        this.#log(call.kind, call.kind === 'planned' ? this.#planned(planned.shift()) : this.#wild(call));
      for (const call of planned) this.#log(call.kind, this.#planned(call));
      this.#log('stop', this.#stream.stop());
      for (const to of ['received', 'unpersisted'] as const) {
        this.#log('rollBack', this.#stream.rollBack(to));
        this.#log('begin', this.#stream.beginSession());
        this.#log('rest', this.#readAll(readSizes));
      }
    } finally {
      this.#store.dispose();
    }
    this.lines.push(`memory: ${core.exports.memoryInUse()}`);
  }

  #log(name: string, result: unknown): void {
    const used = this.#store.usedBytes;
    this.lines.push(`${name}: ${JSON.stringify(result)}, ${used} used`);
  }

  #planned(call: Call | undefined): unknown {
    switch (call?.kind) {
      case undefined:
        return 'nothing';
      case 'frame':
        return this.#putFrame(call.frame);
      case 'tag':
        return this.#stream.putFragmentMetadata(call.name, call.value, call.persistent);
      case 'events':
        return this.#stream.putEventMetadata(call.events, call.metadata);
      case 'end':
        return this.#stream.endFragment();
      case 'endSession':
        return this.#stream.endSession();
      case 'rollBack':
        return this.#stream.rollBack('unpersisted');
      case 'begin':
        return this.#stream.beginSession();
      case 'read':
        return this.#read(call.bytes);
    }
  }

  #wild(call: Exclude<WildCall, { readonly kind: 'planned' }>): unknown {
    switch (call.kind) {
      case 'frame': {
        const [ptsUs, dtsUs, durationUs] = call.times;
        return this.#stream.putFrame(
          this.#numberOf(call.track),
          call.data,
          call.flags,
          this.#clockUs + ptsUs,
          dtsUs,
          durationUs,
        );
      }
      case 'hold':
        return this.#stream.holdFrame(this.#numberOf(call.track), call.data, call.flags);
      case 'release':
        return this.#stream.releaseFrame(this.#numberOf(call.track), this.#clockUs + call.times[0], call.times[1], 0);
      case 'acknowledge':
        return this.#stream.acknowledge(call.type, call.timecode);
      case 'skip':
        return this.#stream.skipFragment(call.timecode);
      case 'private':
        return this.#stream.setCodecPrivateData(this.#numberOf(call.track), call.data);
      case 'nal':
        return this.#stream.setNalAdaptation(call.nal, call.adapt);
      case 'rollBack':
        return this.#stream.rollBack(call.to);
      case 'drop':
        return this.#stream.dropOldestFragment();
      case 'dropTags':
        return this.#stream.dropFragmentMetadata();
      case 'end':
        return this.#stream.endFragment();
      case 'frames':
        return this.#stream.framesOf(call.order);
      case 'stop':
        return this.#stream.stop();
      case 'stats':
        return [this.#stream.stats, this.#stream.streamStartUs, this.#stream.lacksCodecPrivateData(this.#numberOf(1))];
    }
  }

  #putFrame({ track, isKey, content, step }: FramePlan): number {
    const { given } = formsOf(content, frameSettingsOf(this.#plan, this.#plan.tracks[track]));
    this.#clockUs += step.units * 100;
    return this.#stream.putFrame(
      this.#numberOf(track + 1),
      given,
      isKey ? 1 : 0,
      this.#clockUs,
      this.#clockUs,
      step.us,
    );
  }

  /** @param position from 1; others stay what they are */
  #numberOf(position: number): number {
    return this.#plan.tracks[position - 1]?.number ?? position;
  }

  #read(sizeBytes: number): string {
    const chunk = new Uint8Array(sizeBytes);
    const count = this.#stream.read(chunk);
    return `${count} ${this.#stream.readStatus} ${createHash('sha256').update(chunk).digest('hex').slice(0, 16)}`;
  }

  #readAll(sizes: readonly number[]): string {
    const hash = createHash('sha256');
    for (let turn = 0; turn === 0 || this.#stream.readStatus === 0; turn++) {
      const chunk = new Uint8Array(turn < 300 ? (sizes[turn % sizes.length] as number) : 65_536);
      hash.update(chunk.subarray(0, this.#stream.read(chunk)));
    }
    return hash.digest('hex');
  }
}
