/** A producer whose core cannot be loaded, or is none: a typed error that says so, with the runtime's own as its cause. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNodePlatform } from '../../../bindings/node/platform.ts';
import { KvsError } from '../../../sdk/errors.ts';
import { createProducerWith } from '../../../sdk/producer/index.ts';

const it = suite('loading the core');
const platform = createNodePlatform();

it('a runtime that may not read the file says so in a KvsError', async () => {
  const cause = new Error('Requires read access');
  const failure: unknown = await createProducerWith({ ...platform, loadCore: () => Promise.reject(cause) }).catch(
    (error: unknown) => error,
  );
  if (!(failure instanceof KvsError)) throw new Error(`It gave ${String(failure)}`);
  assert.is(failure.code, 'STATUS_OPEN_FILE_FAILED');
  assert.is(failure.cause, cause);
  assert.match(failure.message, /^Cannot load the core on node\/\S+: Requires read access$/);
  assert.not(failure.retryable);
});

it('a module that is no core of ours says so too', async () => {
  // The smallest module: magic and version.
  const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const loadCore = () => Promise.resolve({ flavour: 'plain', module } as const);
  const failure: unknown = await createProducerWith({ ...platform, loadCore }).catch((error: unknown) => error);
  if (!(failure instanceof KvsError)) throw new Error(`It gave ${String(failure)}`);
});

it.run();
