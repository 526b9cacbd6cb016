/** The content view under random puts, reads, acknowledgements, roll backs and drops: see `view-model.ts` for what must hold. */
import fc from 'fast-check';
import { suite } from 'uvu';
import { openFixture } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { ViewModel, type ViewOperation } from './view-model.ts';

const SEED = 20_260_903;
const RUNS = 1500;
/** Small, so that it is full now and then. */
const STORE_BYTES = 16 * 1024;

const view = suite('content view');
console.log(`content view: fast-check seed ${SEED}`);

const operation: fc.Arbitrary<ViewOperation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('put'), key: fc.boolean(), sizeBytes: fc.nat(400) } as const),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('read'), bytes: fc.integer({ min: 1, max: 900 }) } as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ack'),
      type: fc.constantFrom('buffering', 'received', 'persisted', 'persisted'),
      pick: fc.nat(40),
    } as const),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rollBack'), to: fc.constantFrom('unpersisted', 'received') } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('replay'),
      frames: fc.oneof(fc.constant(0), fc.nat(20)),
      alive: fc.boolean(),
    } as const),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('endFragment', 'endSession', 'drop', 'begin', 'awaitKeyFrame', 'overdue'),
    } as const),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change') } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip'), pick: fc.nat(40) } as const) },
);

for (const flavour of FLAVOURS) {
  view(`never loses a frame [${flavour}]`, () => {
    const core = loadCore(flavour);
    const property = fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const { store, stream } = openFixture(core, {}, STORE_BYTES);
      try {
        const model = new ViewModel(store, stream);
        for (const step of operations) model.run(step);
        model.finish();
      } finally {
        store.dispose();
      }
    });
    fc.assert(property, { seed: SEED, numRuns: RUNS });
  });
}

view.run();
