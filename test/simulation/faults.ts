/** What goes wrong, as data: a schedule that a seed makes, and that can be cut down to what a failure needs. */
import { Random } from './random.ts';

interface FaultShape {
  /** How long it lasts, milliseconds; 0 for what happens at once. */
  readonly forMs: readonly [least: number, most: number];
}

const AT_ONCE: FaultShape = { forMs: [0, 0] };
const SHORT: FaultShape = { forMs: [500, 8_000] };
const WHILE: FaultShape = { forMs: [2_000, 60_000] };
const LONG: FaultShape = { forMs: [30_000, 600_000] };

/** Every kind of fault and of odd behaviour. */
export const FAULTS = {
  // The network.
  delay: WHILE,
  stall: { forMs: [200, 45_000] },
  slow: WHILE,
  cut: AT_ONCE,
  'half-open': SHORT,
  offline: { forMs: [500, 90_000] },
  'lost-answers': SHORT,
  // The service.
  'control-errors': WHILE,
  'put-errors': WHILE,
  'fatal-answers': SHORT,
  'error-ack': AT_ONCE,
  'connection-limit': LONG,
  'early-close': AT_ONCE,
  'kept-open': WHILE,
  restart: AT_ONCE,
  'slow-disk': WHILE,
  'moved-endpoint': AT_ONCE,
  'missing-acks': WHILE,
  'duplicate-acks': WHILE,
  'late-acks': WHILE,
  'reordered-acks': WHILE,
  'batched-acks': WHILE,
  'split-acks': WHILE,
  'foreign-acks': LONG,
  'garbage-acks': SHORT,
  'odd-acks': WHILE,
  // Clock and credentials.
  'clock-jump': LONG,
  'slow-timers': WHILE,
  'short-tokens': LONG,
  'bad-tokens': WHILE,
  'revoked-token': AT_ONCE,
  // The camera and the application.
  pause: WHILE,
  burst: SHORT,
  'large-frames': SHORT,
  'end-fragment': AT_ONCE,
  flush: AT_ONCE,
  metadata: AT_ONCE,
  'new-picture': AT_ONCE,
  'bad-frame': AT_ONCE,
  'reset-connection': AT_ONCE,
  'reset-stream': AT_ONCE,
  'stop-stream': AT_ONCE,
  'abort-stream': AT_ONCE,
  'close-producer': AT_ONCE,
} as const satisfies Record<string, FaultShape>;

export type FaultKind = keyof typeof FAULTS;

export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds from the beginning of the simulation. */
  readonly atMs: number;
  readonly forMs: number;
  /** From 0 up to 1: how bad it is, or which of several it is. */
  readonly value: number;
}

type Weights = Readonly<Partial<Record<FaultKind, number>>>;

const CAMERA: Weights = {
  pause: 1,
  burst: 1,
  'large-frames': 1,
  'end-fragment': 2,
  flush: 1,
  metadata: 2,
  'new-picture': 2,
  'bad-frame': 1,
  'reset-connection': 0.5,
  'reset-stream': 0.4,
  'stop-stream': 0.5,
  'abort-stream': 0.3,
  'close-producer': 0.2,
};

const wifi: Weights = { delay: 5, stall: 5, slow: 4, cut: 8, 'half-open': 3, offline: 3, 'lost-answers': 3 };

const service: Weights = {
  cut: 1,
  'control-errors': 3,
  'put-errors': 3,
  'fatal-answers': 0.2,
  'error-ack': 8,
  'connection-limit': 1,
  'early-close': 3,
  'kept-open': 1,
  restart: 4,
  'slow-disk': 3,
  'moved-endpoint': 1,
  'missing-acks': 3,
  'duplicate-acks': 3,
  'late-acks': 3,
  'reordered-acks': 3,
  'batched-acks': 3,
  'split-acks': 3,
  'foreign-acks': 3,
  'garbage-acks': 2,
  'odd-acks': 2,
};

const clock: Weights = {
  cut: 5,
  stall: 3,
  restart: 1,
  'clock-jump': 4,
  'slow-timers': 3,
  'short-tokens': 2,
  'bad-tokens': 3,
  'revoked-token': 3,
};

/** Profiles by name: which faults come, and how often beside each other. */
export const PROFILES = { wifi, service, clock } as const;

export type ProfileName = keyof typeof PROFILES;

/** The same faults in a run that ends at this time, milliseconds: what lasts longer is over then. */
export function endAt(faults: readonly Fault[], durationMs: number): readonly Fault[] {
  return faults
    .filter(({ atMs }) => atMs < durationMs)
    .map((fault) => ({ ...fault, forMs: Math.min(fault.forMs, durationMs - fault.atMs) }));
}

/** Mean time between two faults, milliseconds. */
const MEAN_GAP_MS = 10_000;

/** The faults of a run, in the order of their beginning; all are over when it is. */
export function makeSchedule(seed: number, profile: ProfileName, durationMs: number): Fault[] {
  const random = new Random(seed).fork(`faults of ${profile}`);
  const weights = Object.entries({ ...CAMERA, ...PROFILES[profile] }) as [FaultKind, number][];
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const faults: Fault[] = [];
  for (let atMs = 0; ;) {
    atMs += Math.ceil(-Math.log(1 - random.unit()) * MEAN_GAP_MS);
    if (atMs >= durationMs) return faults;
    let rest = random.unit() * total;
    const [kind] = weights.find(([, weight]) => (rest -= weight) < 0) ?? ['cut' as const];
    const [least, most] = FAULTS[kind].forMs;
    const forMs = Math.min(Math.round(random.between(least, most)), durationMs - atMs);
    faults.push({ kind, atMs, forMs, value: random.unit() });
  }
}
