/** TagStream, UntagStream, ListTagsForStream. Source: service-api §2.3. Tags do not change a stream's version. */

import type { ServiceContext } from '../context.ts';
import { invalidArgument, ServiceError } from '../errors.ts';
import { NEXT_TOKEN, STREAM_ADDRESS, TAG_KEY, TAG_VALUE } from '../request/constraints.ts';
import { resolveStream } from '../request/stream-address.ts';
import { operation } from './operation.ts';
import type { Operation } from './operation.ts';

const tagStream = operation(
  '/tagStream',
  { ...STREAM_ADDRESS, Tags: { type: 'map', minLength: 1, key: TAG_KEY, value: TAG_VALUE, required: true } },
  async (plane, input) => {
    const { streamId } = await resolveStream(plane.streams, input);
    const added = new Map(Object.entries(input.Tags));
    checkTagCount(plane, new Map([...(await plane.streams.tags(streamId)), ...added]).size);
    await plane.streams.putTags(streamId, added);
    return {};
  },
);

const untagStream = operation(
  '/untagStream',
  { ...STREAM_ADDRESS, TagKeyList: { type: 'list', minLength: 1, maxLength: 50, item: TAG_KEY, required: true } },
  async (plane, input) => {
    const { streamId } = await resolveStream(plane.streams, input);
    await plane.streams.deleteTags(streamId, input.TagKeyList);
    return {};
  },
);

const listTagsForStream = operation(
  '/listTagsForStream',
  { ...STREAM_ADDRESS, NextToken: NEXT_TOKEN },
  async (plane, input) => {
    // All tags of a stream fit on one page, so no token was ever given out.
    if (input.NextToken) throw invalidArgument('NextToken was not issued for this listing');
    const { streamId } = await resolveStream(plane.streams, input);
    return { Tags: Object.fromEntries(await plane.streams.tags(streamId)) };
  },
);

export const TAG_OPERATIONS: readonly Operation[] = [tagStream, untagStream, listTagsForStream];

/**
 * Refuses more tags than a stream may have.
 * @throws ServiceError TagsPerResourceExceededLimitException
 */
export function checkTagCount(context: ServiceContext, count: number): void {
  const { maxTagsPerStream } = context.limits;
  if (count > maxTagsPerStream) {
    throw new ServiceError(
      'TagsPerResourceExceededLimitException',
      `A stream has at most ${maxTagsPerStream} Tags, would be ${count}`,
    );
  }
}
