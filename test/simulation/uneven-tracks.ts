/** Brings each track's frames later than they were taken, each track in its own time; now and then a track is silent. */
import type { Random } from './random.ts';
import type { World } from './world.ts';

const LAG_MS: readonly [number, number] = [0, 6_000];
/** How long a lag lasts, milliseconds. */
const LAG_FOR_MS: readonly [number, number] = [2_000, 30_000];
const SILENCE_CHANCE = 0.15;

interface Pace {
  lagMs: number;
  isSilent: boolean;
  untilMs: number;
  /** When the track's last frame comes, milliseconds. */
  lastMs: number;
}

export class UnevenTracks {
  readonly #world: World;
  readonly #random: Random;
  readonly #paces = new Map<number, Pace>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  isSilent(trackNumber: number): boolean {
    return this.#pace(trackNumber).isSilent;
  }

  /** Gives the frame when it comes, behind those of its track. */
  bring(trackNumber: number, give: () => void): void {
    const pace = this.#pace(trackNumber);
    pace.lastMs = Math.max(pace.lastMs, this.#world.time.nowMs + pace.lagMs);
    this.#world.time.at(pace.lastMs, give);
  }

  #pace(trackNumber: number): Pace {
    const { nowMs } = this.#world.time;
    const known = this.#paces.get(trackNumber);
    if (known !== undefined && known.untilMs > nowMs) return known;
    const pace: Pace = {
      lagMs: this.#random.chance(0.4) ? 0 : this.#random.between(...LAG_MS),
      isSilent: this.#random.chance(SILENCE_CHANCE),
      untilMs: nowMs + this.#random.between(...LAG_FOR_MS),
      lastMs: known?.lastMs ?? 0,
    };
    this.#paces.set(trackNumber, pace);
    return pace;
  }
}
