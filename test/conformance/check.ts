/** Checks that any engine can run: no test library, nothing of a runtime. A check throws, or it passed. */
import type { Platform } from '../../sdk/platform.ts';

export interface Check {
  readonly name: string;
  readonly run: (platform: Platform) => Promise<void>;
}

/** How a check went, in a form that crosses from one runtime to another. */
export interface CheckResult {
  readonly name: string;
  /** The error's text, or null when the check passed. */
  readonly failure: string | null;
}

/** Runs the checks one after the other. */
export async function runChecks(checks: readonly Check[], platform: Platform): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of checks) {
    let failure: string | null = null;
    try {
      await run(platform);
    } catch (error) {
      failure = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
    }
    results.push({ name, failure });
  }
  return results;
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
