/** What became of the vectors; a vector is a scenario with one driver, or one row of a function set. */
export class Tally {
  readonly #ran = new Set<string>();
  readonly #passed = new Set<string>();
  readonly #ourSide = new Map<string, string[]>();
  readonly #leftOut = new Map<string, string[]>();

  /** A vector that runs. With a reason its right outcome is not the native one. */
  add(name: string, ourReason: string | null): void {
    this.#ran.add(name);
    if (ourReason !== null) append(this.#ourSide, ourReason, name);
  }

  pass(name: string): void {
    this.#passed.add(name);
  }

  leaveOut(name: string, reason: string): void {
    append(this.#leftOut, reason, name);
  }

  hasRun(name: string): boolean {
    return this.#ran.has(name);
  }

  /** The summary, a few lines: numbers first, then why. */
  lines(folder: string): string[] {
    const [ran, passed] = [this.#ran.size, this.#passed.size];
    const [ours, leftOut] = [count(this.#ourSide), count(this.#leftOut)];
    return [
      `Vectors of ${folder}: ${ran} ran, ${passed} passed, ${ran - passed} failed, ${leftOut} left out`,
      `Passed as native: ${[...this.#passed].filter((name) => !this.#isOurs(name)).length}`,
      `Asserted on our side: ${ours} (docs/deviations.md)`,
      ...reasons(this.#ourSide),
      `Left out: ${leftOut}`,
      ...reasons(this.#leftOut),
    ];
  }

  #isOurs(name: string): boolean {
    return [...this.#ourSide.values()].some((names) => names.includes(name));
  }
}

function append(lists: Map<string, string[]>, key: string, name: string): void {
  lists.set(key, [...(lists.get(key) ?? []), name]);
}

function count(lists: ReadonlyMap<string, readonly string[]>): number {
  return [...lists.values()].reduce((sum, names) => sum + names.length, 0);
}

function reasons(lists: ReadonlyMap<string, readonly string[]>): string[] {
  return [...lists].map(([reason, names]) => `  ${names.length} × ${reason}: ${shortened(names).join(', ')}`);
}

/** Rows of one set together: `set[1]`, `set[2]` becomes `set[1, 2]`. */
function shortened(names: readonly string[]): string[] {
  const rows = new Map<string, string[]>();
  for (const name of names) {
    const [, set, index] = /^(.*)\[(\d+)\]$/.exec(name) ?? [];
    if (set === undefined || index === undefined) rows.set(name, []);
    else append(rows, set, index);
  }
  return [...rows].map(([name, indices]) => (indices.length === 0 ? name : `${name}[${indices.join(', ')}]`));
}
