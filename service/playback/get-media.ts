/** GetMedia: a stream's chunks from a chosen one on, and then each new one. Source: service-api §3.3. */
import type { ServiceContext } from '../context.ts';
import { ServiceError } from '../errors.ts';
import type { JsonObject } from '../request/json-body.ts';
import { resolveStream } from '../request/stream-address.ts';
import { readGetMediaRequest } from './get-media-request.ts';
import { MediaFollower } from './media-follower.ts';

/**
 * Begins a response that follows a stream, for the request's unchecked JSON input. It ends after an idle time, at the first chunk boundary after the session's
 * longest time, or with the stream.
 * @throws ServiceError InvalidArgumentException, ResourceNotFoundException, ConnectionLimitExceededException
 */
export async function getMedia(context: ServiceContext, input: JsonObject): Promise<Response> {
  const { address, start } = readGetMediaRequest(input);
  const stream = await resolveStream(context.streams, address);
  const channel = context.live.channel(stream.streamId);
  const { maxReadersPerStream } = context.limits;
  if (channel.readerCount >= maxReadersPerStream) {
    throw new ServiceError(
      'ConnectionLimitExceededException',
      `Stream ${stream.name} already has ${maxReadersPerStream} readers`,
    );
  }
  const follower = new MediaFollower(context, stream, start);
  return new Response(follower.body, { headers: { 'content-type': 'video/webm' } });
}
