/** PutMedia: media in, acknowledgements out, both at once on one connection. Source: service-api §3.1. */
import type { ServiceContext } from '../context.ts';
import { ServiceError } from '../errors.ts';
import { resolveStream } from '../request/stream-address.ts';
import type { StreamRow } from '../storage.ts';
import { IngestSession } from './ingest-session.ts';
import { readPutMediaRequest } from './put-media-request.ts';

/**
 * Begins an upload. The response head is due before the first byte of media is read; everything that goes wrong later is
 * told in an ERROR acknowledgement on the response body.
 * @throws ServiceError InvalidArgumentException (a header), ResourceNotFoundException, ResourceInUseException (the stream
 *   is being created or deleted), ConnectionLimitExceededException (the stream has an upload, and the oldest wins)
 */
export async function putMedia(context: ServiceContext, request: Request): Promise<Response> {
  const putMediaRequest = readPutMediaRequest(request.headers);
  const { streamName, streamArn } = putMediaRequest;
  const stream = await resolveStream(context.streams, { StreamName: streamName, StreamARN: streamArn });
  checkTakesMedia(stream);
  const channel = context.live.channel(stream.streamId);
  const predecessor = channel.upload;
  if (predecessor !== null && context.limits.uploadConflict === 'oldest-wins') {
    throw new ServiceError('ConnectionLimitExceededException', `Stream ${stream.name} already has an upload`);
  }
  const session = new IngestSession({ context, stream, request: putMediaRequest, body: request.body, predecessor });
  channel.claim(session);
  return new Response(session.acks, { headers: { 'content-type': 'application/json' } });
}

/** A stream that is being changed still takes media; one that is not there yet, or no more, does not. */
function checkTakesMedia(stream: StreamRow): void {
  if (stream.status === 'CREATING' || stream.status === 'DELETING') {
    throw new ServiceError('ResourceInUseException', `Stream ${stream.name} is ${stream.status}, not ACTIVE`);
  }
}
