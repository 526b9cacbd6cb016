/** The code of callbacks is loaded by the producer itself where nobody hands it over, as in browsers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KvsError } from '../../../../sdk/errors.ts';
import { createProducerWith, STATUS } from '../../../../sdk/producer/index.ts';
import { CREDENTIALS, ScriptedMedia } from '../../../support/scripted-media.ts';

const it = suite('loading callbacks');

it('options that name callbacks are heard without openCallbacks', async () => {
  let ready = 0;
  const producer = await createProducerWith(new ScriptedMedia(), {
    credentials: CREDENTIALS,
    clientCallbacks: { clientReady: () => void ready++ },
  });
  await Promise.resolve();
  assert.is(ready, 1);
  await producer.close();
});

it('callbacks that cannot be are refused as they are with it', async () => {
  const refusal: unknown = await createProducerWith(new ScriptedMedia(), {
    credentials: CREDENTIALS,
    callbackProvider: {} as never,
  }).catch((error: unknown) => error);
  assert.instance(refusal, KvsError);
  assert.is((refusal as KvsError).status, STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING);
});

it.run();
