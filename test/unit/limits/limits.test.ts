/** Every limit, on both sides of its edge, on every build of the core. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../../sdk/status-codes.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { outcomeOf } from './limit-row.ts';
import { LIMITS } from './rows.ts';

for (const flavour of FLAVOURS) {
  const it = suite(`limits [${flavour}]`);
  const core = loadCore(flavour);

  for (const { limit, value, status, number, inside, outside } of LIMITS) {
    it(`${limit}: ${value}`, () => {
      assert.is(STATUS[status], number, status);
      assert.ok(Object.keys(inside).length > 0 && Object.keys(outside).length > 0, 'both sides');
      for (const [name, accept] of Object.entries(inside)) {
        try {
          accept(core);
        } catch (error) {
          throw new Error(`inside, ${name}: ${String(error)}`, { cause: error });
        }
      }
      for (const [name, refuse] of Object.entries(outside))
        assert.is(
          outcomeOf(() => refuse(core)),
          status,
          `outside, ${name}`,
        );
    });
  }

  it.run();
}
