/** Checks that any engine can run: no test library, nothing of a runtime. A check throws, or it passed. */
import type { Platform } from '../../sdk/platform.ts';
import type { Group, Need } from './groups.ts';

export interface Check {
  readonly name: string;
  readonly group: Group;
  /** Where one of these is missing the check is not applicable. @default none */
  readonly needs?: readonly Need[];
  readonly run: (platform: Platform) => Promise<void>;
}

/** How a check went, in a form that crosses from one runtime to another. */
export interface CheckResult {
  readonly name: string;
  readonly group: Group;
  /** The error's text, or null when the check passed or is not applicable. */
  readonly failure: string | null;
  /** Why the check did not run; null when it did. */
  readonly notApplicable: string | null;
  /** Milliseconds. */
  readonly elapsedMs: number;
}

/** A check that takes longer hangs, milliseconds: the engine of a check may be one where nobody else would end it. */
const TIME_LIMIT_MS = 60_000;

/**
 * Runs the checks one after the other.
 * @param lacks what this runtime has not; a check that needs it does not run, and says so
 */
export async function runChecks(
  checks: readonly Check[],
  platform: Platform,
  lacks: readonly Need[] = [],
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, group, needs = [], run } of checks) {
    const missing = needs.filter((need) => lacks.includes(need));
    if (missing.length > 0) {
      results.push({
        name,
        group,
        failure: null,
        notApplicable: `${platform.name} has no ${missing.join(', no ')}`,
        elapsedMs: 0,
      });
      continue;
    }
    let failure: string | null = null;
    const startedMs = platform.now();
    try {
      await withinTime(run(platform), platform);
    } catch (error) {
      failure = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
    }
    results.push({ name, group, failure, notApplicable: null, elapsedMs: platform.now() - startedMs });
  }
  return results;
}

async function withinTime(work: Promise<void>, platform: Platform): Promise<void> {
  let timer: { cancel(): void } | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = platform.setTimer(TIME_LIMIT_MS, () => reject(new Error(`It was not done after ${TIME_LIMIT_MS} ms`)));
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    timer?.cancel();
  }
}

/** What a promise rejects with. Throws when it resolves. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`${what}: expected a rejection, got ${String(value)}`);
}

export function assertThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function assertSame<T extends string | number | boolean | undefined>(
  actual: T,
  expected: T,
  what: string,
): void {
  if (actual !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
}

export function assertBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (actual.length === expected.length && actual.every((byte, index) => byte === expected[index])) return;
  throw new Error(`${what}: expected ${describe(expected)}, got ${describe(actual)}`);
}

const SHOWN_BYTES = 64;

function describe(bytes: Uint8Array): string {
  const more = bytes.length > SHOWN_BYTES ? `… (${bytes.length} bytes)` : '';
  return hex(bytes.subarray(0, SHOWN_BYTES)) + more;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
