/** How a request names its stream. Source: service-api §1.1. */

import { invalidArgument, ServiceError } from '../errors.ts';
import type { StreamIndex, StreamRow } from '../storage.ts';

/** Both members are optional in the API model; at least one must be there. */
export interface StreamAddress {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

/**
 * Finds the stream that a request names.
 * @throws ServiceError InvalidArgumentException when neither member is given or they name different streams,
 *   ResourceNotFoundException when there is no such stream
 */
export async function resolveStream(streams: StreamIndex, address: StreamAddress): Promise<StreamRow> {
  const { StreamName: name, StreamARN: arn } = address;
  if (name === undefined && arn === undefined) throw invalidArgument('StreamName or StreamARN is required');
  const row = arn === undefined ? await streams.streamByName(name as string) : await streams.streamByArn(arn);
  if (row === null) {
    throw new ServiceError(
      'ResourceNotFoundException',
      `No stream ${arn === undefined ? 'named' : 'with ARN'} ${arn ?? name}`,
    );
  }
  if (name !== undefined && row.name !== name) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${row.arn} name different streams`);
  }
  return row;
}
