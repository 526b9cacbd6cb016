/** What `npm run simulate` is asked for. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { endAt, makeSchedule, type Fault, type ProfileName, PROFILES } from './faults.ts';
import type { SimulationOptions } from './simulation.ts';

export interface Asked {
  /** In the order of their seeds; of each seed one for every profile. */
  readonly runs: readonly SimulationOptions[];
  readonly hours: string;
  readonly workers: number;
  readonly tells: boolean;
  readonly shrinks: boolean;
  /** Where the tally goes as JSON. */
  readonly jsonFile: string | undefined;
}

/** Throws for what cannot be asked. */
export function readArguments(): Asked {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      hours: { type: 'string', default: '0.25' },
      'first-seed': { type: 'string', default: '1' },
      profile: { type: 'string' },
      keep: { type: 'string' },
      'end-at-ms': { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      json: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
    },
  });
  const seeds = positive(values.seeds, 'seeds');
  const firstSeed = positive(values['first-seed'], 'first-seed');
  const durationMs = Math.round(positive(values.hours, 'hours') * 3_600_000);
  const endMs = values['end-at-ms'] === undefined ? durationMs : positive(values['end-at-ms'], 'end-at-ms');
  const kept = values.keep
    ?.split(',')
    .filter((index) => index !== '')
    .map(Number);
  const profiles = askedProfiles(values.profile);
  const runs = Array.from({ length: seeds }, (_, index) => firstSeed + index).flatMap((seed) =>
    profiles.map((profile): SimulationOptions => {
      if (kept === undefined && endMs === durationMs) return { seed, profile, durationMs };
      const all = makeSchedule(seed, profile, durationMs);
      return { seed, profile, durationMs: endMs, faults: endAt(keptOf(all, kept), endMs) };
    }),
  );
  const { hours, trace: tells, json: jsonFile } = values;
  const workers = positive(values.workers, 'workers');
  return { runs, hours, workers, tells, shrinks: !values['no-shrink'], jsonFile };
}

function keptOf(all: readonly Fault[], kept: readonly number[] | undefined): readonly Fault[] {
  return kept === undefined ? all : all.filter((_, index) => kept.includes(index));
}

function positive(text: string, name: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} takes a positive number, not ${text}`);
  return number;
}

function askedProfiles(asked: string | undefined): readonly ProfileName[] {
  const names = Object.keys(PROFILES) as ProfileName[];
  if (asked === undefined) return names;
  const found = names.find((name) => name === asked);
  if (found === undefined) throw new Error(`No profile ${asked}; there are ${names.join(', ')}`);
  return [found];
}
