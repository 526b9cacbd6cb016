import type { Target } from '../target.ts';
import { aac } from './aac.ts';
import { ack } from './ack.ts';
import { annexB } from './annexb.ts';
import { avcc } from './avcc.ts';
import { consumer } from './consumer.ts';
import { cpd } from './cpd.ts';
import { frame } from './frame.ts';
import { pipe } from './pipe.ts';
import { reader } from './reader.ts';
import { settings } from './settings.ts';
import { sps } from './sps.ts';
import { wave } from './wave.ts';

/** Everything that is fuzzed, by name. */
export const TARGETS: ReadonlyMap<string, Target> = new Map(
  [reader, annexB, avcc, sps, cpd, aac, wave, frame, settings, ack, consumer, pipe].map((target) => [
    target.name,
    target,
  ]),
);
