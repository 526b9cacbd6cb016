/** Limits that are checked before a change hold when the changes come at the same moment. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startInProcessService } from '../support/in-process-service.ts';

const concurrency = suite('control plane: concurrency');

async function statuses(answers: readonly Promise<Response>[]): Promise<{ accepted: number; refused: number }> {
  const all = (await Promise.all(answers)).map((response) => response.status);
  return {
    accepted: all.filter((status) => status === 200).length,
    refused: all.filter((status) => status === 400).length,
  };
}

concurrency('sixty tags set together leave fifty', async () => {
  const service = await startInProcessService();
  await service.call('/createStream', { StreamName: 'a' });
  const answers = Array.from({ length: 60 }, (_, index) =>
    service.send('/tagStream', { StreamName: 'a', Tags: { [`k${index}`]: 'v' } }),
  );
  assert.equal(await statuses(answers), { accepted: 50, refused: 10 });
  const { Tags: tags } = await service.call('/listTagsForStream', { StreamName: 'a' });
  assert.is(Object.keys(tags as object).length, 50);
  await service.close();
});

concurrency('streams created together keep to the account limit, and each name is given once', async () => {
  const service = await startInProcessService({ maxStreams: 5 });
  const answers = Array.from({ length: 12 }, (_, index) =>
    service.send('/createStream', { StreamName: `s${index % 8}` }),
  );
  assert.equal(await statuses(answers), { accepted: 5, refused: 7 });
  assert.is(await service.streams.countStreams(), 5);
  await service.close();
});

concurrency('one of two deletions is accepted', async () => {
  const service = await startInProcessService();
  const { StreamARN: arn } = await service.call('/createStream', { StreamName: 'a' });
  const answers = await Promise.all([1, 2].map(() => service.send('/deleteStream', { StreamARN: arn })));
  const seen = new Set(answers.map((response) => response.status));
  assert.equal(seen, new Set([200, 404]));
  await service.close();
});

concurrency.run();
