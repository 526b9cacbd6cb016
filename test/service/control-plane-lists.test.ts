/** ListStreams and the tag operations, as the official client sees them. */

import {
  CreateStreamCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  TagStreamCommand,
  UntagStreamCommand,
  paginateListStreams,
} from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seenError } from '../support/errors.ts';
import type { TestService } from '../support/service.ts';
import { startTestService } from '../support/service.ts';

const NAMES = Array.from({ length: 23 }, (_, index) => `${index % 2 === 0 ? 'even' : 'odd'}-${100 + index}`);

type Context = { service: TestService };
const lists = suite<Context>('control plane: lists and tags');

lists.before(async (context) => {
  context.service = await startTestService();
  for (const name of NAMES) await context.service.control.send(new CreateStreamCommand({ StreamName: name }));
});
lists.after((context) => context.service.close());

async function pages(service: TestService, input: object, pageSize: number): Promise<string[][]> {
  const found: string[][] = [];
  for await (const page of paginateListStreams({ client: service.control, pageSize }, input)) {
    found.push((page.StreamInfoList ?? []).map((info) => info.StreamName as string));
  }
  return found;
}

lists('ListStreams gives everything at once by default, with no token', async ({ service }) => {
  const { StreamInfoList: list = [], NextToken: token } = await service.control.send(new ListStreamsCommand({}));
  assert.equal(
    list.map((info) => info.StreamName),
    [...NAMES].sort(),
  );
  assert.is(token, undefined);
});

lists('ListStreams pages without gap or repetition, for every page size', async ({ service }) => {
  for (const pageSize of [1, 5, 22, 23, 24]) {
    const found = await pages(service, {}, pageSize);
    assert.equal(found.flat(), [...NAMES].sort());
    assert.ok(found.every((page) => page.length <= pageSize));
    assert.is(found.length, Math.ceil(23 / pageSize), 'no empty page at the end');
  }
});

lists('ListStreams with StreamNameCondition pages within the prefix', async ({ service }) => {
  const condition = { StreamNameCondition: { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: 'odd-' } };
  assert.equal((await pages(service, condition, 4)).flat(), NAMES.filter((name) => name.startsWith('odd')).sort());
});

lists(
  'a NextToken is opaque text that every client accepts, and only good for its own listing',
  async ({ service }) => {
    const { NextToken: token } = await service.control.send(new ListStreamsCommand({ MaxResults: 2 }));
    assert.match(token as string, /^[a-zA-Z0-9+/=]{1,512}$/);
    const condition = { ComparisonOperator: 'BEGINS_WITH', ComparisonValue: 'odd' } as const;
    const error = await seenError(
      service.control.send(new ListStreamsCommand({ NextToken: token, StreamNameCondition: condition })),
    );
    assert.is(error.name, 'InvalidArgumentException');
  },
);

lists('a page goes on after streams that came and went meanwhile', async ({ service }) => {
  const first = await service.control.send(new ListStreamsCommand({ MaxResults: 3 }));
  await service.control.send(new CreateStreamCommand({ StreamName: 'a-newcomer' }));
  const rest = await service.control.send(new ListStreamsCommand({ NextToken: first.NextToken }));
  const seen = [...(first.StreamInfoList ?? []), ...(rest.StreamInfoList ?? [])].map((info) => info.StreamName);
  assert.equal(seen, [...NAMES].sort());
});

async function tagsOf(service: TestService): Promise<Record<string, string> | undefined> {
  return (await service.control.send(new ListTagsForStreamCommand({ StreamName: 'even-100' }))).Tags;
}

lists('tags are added, overwritten and removed', async ({ service }) => {
  const tag = (Tags: Record<string, string>): Promise<unknown> =>
    service.control.send(new TagStreamCommand({ StreamName: 'even-100', Tags }));
  const untag = (TagKeyList: string[]): Promise<unknown> =>
    service.control.send(new UntagStreamCommand({ StreamName: 'even-100', TagKeyList }));
  assert.equal(await tagsOf(service), {});
  await tag({ site: 'north', level: '2' });
  await tag({ level: '3', 'a b:/=+-@_.': '' });
  assert.equal(await tagsOf(service), { site: 'north', level: '3', 'a b:/=+-@_.': '' });
  await untag(['site', 'never-there']);
  assert.equal(await tagsOf(service), { level: '3', 'a b:/=+-@_.': '' });
  await untag(['level', 'a b:/=+-@_.']);
});

lists('a stream has fifty tags at most; overwriting one of fifty is no new tag', async ({ service }) => {
  const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
  const tag = (Tags: Record<string, string>): Promise<unknown> =>
    service.control.send(new TagStreamCommand({ StreamName: 'even-100', Tags }));
  await tag(fifty);
  await tag({ k7: 'changed' });
  const error = await seenError(tag({ one: 'more' }));
  assert.is(error.name, 'TagsPerResourceExceededLimitException');
  assert.is(error.status, 400);
  assert.equal(await tagsOf(service), { ...fifty, k7: 'changed' });
});

lists.run();
