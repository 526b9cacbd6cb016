/** Every recording, event by event: counts known from elsewhere, and the same events however the input is split. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cut, logEvents } from '../support/event-log.ts';
import { FLAVOURS, loadCore } from '../support/load-core.ts';
import { readRecording, RECORDINGS } from './recordings.ts';

const SPLITS = [1, 7, 1000, 65_536];
/** Byte by byte takes long: once is enough, on the build that most engines run. */
const SLOW_SPLITS_ON = 'simd';

const count = (log: readonly string[], pattern: RegExp): number => log.filter((line) => pattern.test(line)).length;

for (const flavour of FLAVOURS) {
  const it = suite(`recordings, events [${flavour}]`);
  const core = loadCore(flavour);

  for (const recording of RECORDINGS) {
    const name = `reads ${recording.file}`;
    const bytes = readRecording(recording.file, `${name} [${flavour}]`);
    if (bytes === null) continue;

    it(name, () => {
      const log = logEvents(core, [bytes]);
      assert.is(count(log, /^start 1A45DFA3/), recording.documents);
      assert.is(count(log, /^start +1F43B675/), recording.clusters);
      assert.is(count(log, /^start +1254C367/), recording.tagsElements);
      assert.is(count(log, /^value +45A3/), recording.tagNames);
      for (const [track, blocks] of Object.entries(recording.blocks)) {
        const isWhole = recording.isCut === true ? blocks + 1 : blocks;
        assert.is(count(log, new RegExp(`^block .* track ${track} `)), isWhole, `track ${track}`);
      }
      assert.match(log.at(-1) ?? '', recording.isCut === true ? /^fault truncated A3/ : /^finished$/);
    });

    it(`${name} in the same way however it is split`, () => {
      const whole = logEvents(core, [bytes]).join('\n');
      for (const split of SPLITS) {
        if (split < 1000 && flavour !== SLOW_SPLITS_ON && bytes.length > 100_000) continue;
        assert.is(logEvents(core, cut(bytes, split)).join('\n') === whole, true, `split at ${split}`);
      }
    });

    if (recording.documents === 1) {
      it(`${name} in strict mode`, () => {
        assert.is(logEvents(core, cut(bytes, 1000), { strict: true }).at(-1), 'finished');
      });
    }

    it(`finds where each cluster of ${recording.file} ends, without reading payloads`, () => {
      const log = logEvents(core, cut(bytes, 1000), { skipPayloads: true });
      const ends = log.flatMap((line) => /^end +1F43B675 @(\d+) …(\d+)/.exec(line)?.slice(1).map(Number) ?? []);
      const clusterId = Uint8Array.of(0x1f, 0x43, 0xb6, 0x75);
      for (let index = 0; index < ends.length; index += 2) {
        const [start = 0, end = 0] = ends.slice(index, index + 2);
        assert.equal(bytes.slice(start, start + 4), clusterId);
        const next = Buffer.from(bytes.slice(end, end + 4)).toString('hex');
        assert.match(next, /^(?:1f43b675|1254c367|1c53bb6b|1a45dfa3|)$/, `what follows the cluster at ${start}`);
      }
    });
  }

  it.run();
}
