/**
 * A strict reader of OpenMetrics 1.0 text: what the grammar and the rules for families forbid is an error, not a guess.
 * Source: OpenMetrics 1.0.0, "ABNF" and "Overall structure".
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string | undefined;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  stateset: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
};

class Reader {
  readonly families: Family[] = [];
  #names = new Set<string>();
  #seen = new Set<string>();

  read(text: string): Family[] {
    const lines = text.split('\n');
    if (lines.pop() !== '') throw new Error('the last line does not end');
    if (lines.pop() !== '# EOF') throw new Error('no # EOF at the end');
    let metadata: { name: string; type?: string; unit?: string; help?: string } | undefined;
    for (const line of lines) {
      const meta = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.+)$`).exec(line);
      if (meta !== null) {
        const [, kind = '', name = '', value = ''] = meta;
        if (metadata?.name !== name) {
          this.#begin(name);
          metadata = { name };
        } else if (this.families.at(-1)?.name === name) throw new Error(`metadata of ${name} behind its samples`);
        const key = kind.toLowerCase() as 'type' | 'unit' | 'help';
        if (metadata[key] !== undefined) throw new Error(`two ${kind} of ${name}`);
        metadata[key] = key === 'help' ? unescaped(value) : value;
        if (metadata.unit !== undefined && !name.endsWith(`_${metadata.unit}`)) throw new Error(`unit of ${name}`);
        continue;
      }
      if (metadata === undefined) throw new Error(`a sample of no family: ${line}`);
      this.#sample(line, metadata);
    }
    return this.families.map(checked);
  }

  #begin(name: string): void {
    if (this.#names.has(name)) throw new Error(`the family ${name} comes twice`);
    for (const known of this.#names)
      for (const suffix of ['_total', '_created', '_bucket', '_count', '_sum', '_info'])
        if (known + suffix === name || name + suffix === known) throw new Error(`${name} clashes with ${known}`);
    this.#names.add(name);
  }

  #sample(
    line: string,
    { name, type = 'unknown', unit, help }: { name: string; type?: string; unit?: string; help?: string },
  ): void {
    if (this.families.at(-1)?.name !== name) this.families.push({ name, type, unit, help, samples: [] });
    const match = new RegExp(`^(${NAME})(\\{[^]*\\})? (\\S+)$`).exec(line);
    const [, sampleName = '', labelText, number = ''] = match ?? [];
    if (match === null || !NUMBER.test(number)) throw new Error(`no sample: ${line}`);
    if (!(SUFFIXES[type] ?? []).some((suffix) => sampleName === name + suffix))
      throw new Error(`${sampleName} is not of the ${type} ${name}`);
    const labels = labelText === undefined ? {} : readLabels(labelText);
    const pairs = Object.entries(labels).map((pair) => JSON.stringify(pair));
    const identity = `${sampleName} ${pairs.sort().join(' ')}`;
    if (this.#seen.has(identity)) throw new Error(`twice: ${line}`);
    this.#seen.add(identity);
    const value = number === 'NaN' ? NaN : Number(number.replace('Inf', 'Infinity'));
    if (type === 'counter' && !(value >= 0)) throw new Error(`a counter of ${value}: ${line}`);
    this.families.at(-1)?.samples.push({ name: sampleName, labels, value });
  }
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text.slice(1, -1);
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/.exec(rest);
    if (match === null) throw new Error(`no label: ${rest}`);
    const [whole, name = '', value = '', comma] = match;
    if (name in labels) throw new Error(`the label ${name} comes twice`);
    labels[name] = unescaped(value);
    rest = rest.slice(whole.length);
    if (comma === ',' && rest === '') throw new Error(`a comma at the end of ${text}`);
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\([^])/g, (_, character: string) => {
    if (!'"\\n'.includes(character)) throw new Error(`\\${character} is no escape`);
    return character === 'n' ? '\n' : character;
  });
}

/** What a family owes as a whole. */
function checked(family: Family): Family {
  if (!(family.type in SUFFIXES)) throw new Error(`${family.name} is a ${family.type}`);
  if (family.type === 'stateset')
    for (const { labels, value } of family.samples)
      if (!(family.name in labels) || (value !== 0 && value !== 1)) throw new Error(`a state of ${family.name}`);
  if (family.type === 'histogram') checkHistogram(family);
  return family;
}

function checkHistogram({ name, samples }: Family): void {
  const groups = new Map<string, Sample[]>();
  let last = '';
  for (const sample of samples) {
    const { le: _le, ...own } = sample.labels;
    const key = JSON.stringify(own);
    if (key !== last && groups.has(key)) throw new Error(`the group ${key} of ${name} is not together`);
    last = key;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((sample) => sample.name.endsWith('_bucket'));
    const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
    const isRising = (values: readonly number[], least: number): boolean =>
      values.every((value, i) => i === 0 || value - (values[i - 1] as number) >= least);
    if (bounds.at(-1) !== Infinity || !isRising(bounds, 1e-9)) throw new Error(`bounds of ${key}: ${bounds.join(' ')}`);
    const counts = buckets.map(({ value }) => value);
    if (!isRising(counts, 0)) throw new Error(`buckets of ${key} are not cumulative`);
    const count = group.find((sample) => sample.name.endsWith('_count'))?.value;
    const sum = group.find((sample) => sample.name.endsWith('_sum'))?.value;
    if (count !== counts.at(-1)) throw new Error(`count of ${key}`);
    if (sum === undefined || !(sum >= 0)) throw new Error(`sum of ${key}`);
  }
}

/** Reads a whole exposition. Throws an `Error` that says what is wrong. */
export function parseOpenMetrics(text: string): Family[] {
  return new Reader().read(text);
}
