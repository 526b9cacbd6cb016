// time-limit-s: 300
/** The soak, short: whether memory grows only its long run can tell. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { soak } from '../soak/soak.ts';

const SEED = Number(process.env['PENSTOCK_SEED'] ?? 3);

const it = suite(`soak (seed ${SEED})`);

it('half a minute at fifty times real time over a link that is cut loses no frame without a word', async () => {
  const lines: string[] = [];
  const { problems, frames, cuts } = await soak({
    minutes: 0.35,
    speed: 50,
    seed: SEED,
    print: (line) => lines.push(line),
  });
  const report = lines.join('\n');
  assert.equal(problems, [], report);
  assert.ok(cuts >= 2, report);
  assert.ok(frames.put > 5_000, report);
  assert.is(frames.readBack + frames.told, frames.put, report);
});

it.run();
