/**
 * `npm run soak -- [--minutes 10] [--speed 50] [--seed N]`
 *
 * A producer against a service in a process of its own, faster than real time, over a link that is cut every few seconds (soak.ts). Exit code 1
 * when a frame is lost without a word, comes back changed, or memory grows. The disk holds some 45 MB for each minute.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    speed: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});

function positive(name: 'minutes' | 'speed' | 'seed'): number {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name} takes a positive number, not ${values[name]}`);
  return number;
}

const [minutes, speed, seed] = [positive('minutes'), positive('speed'), positive('seed')];
console.log(`${minutes} minutes at ${speed} times real time, seed ${seed}`);
const early = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => early.abort());
const { problems } = await soak({
  minutes,
  speed,
  seed,
  signal: early.signal,
  print: (line) => console.log(line),
});
for (const problem of problems) console.log(`PROBLEM ${problem}`);
console.log(problems.length === 0 ? 'all is well' : `${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
