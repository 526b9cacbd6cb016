/** JSON request bodies, bounded. */

import { join } from '../../sdk/core/held-bytes.ts';
import type { ServicePlatform } from '../context.ts';
import { invalidArgument, ServiceError } from '../errors.ts';
import type { ServiceLimits } from '../limits.ts';

/** A JSON object before anything in it was checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Collects the body of a JSON request, which has to arrive in time: the host sets no limit, because uploads have none.
 * @throws ServiceError InvalidArgumentException when it is too long or breaks off, RequestTimeoutException when it is too
 *   slow
 */
export async function readJsonBody(
  request: Request,
  limits: ServiceLimits,
  platform: ServicePlatform,
): Promise<Uint8Array<ArrayBuffer>> {
  const { maxJsonBodyBytes, jsonBodyTimeoutMs } = limits;
  let refuse: (error: ServiceError) => void;
  const late = new Promise<never>((_resolve, reject) => (refuse = reject));
  const timer = platform.setTimer(jsonBodyTimeoutMs, () => {
    refuse(new ServiceError('RequestTimeoutException', `Request body did not arrive within ${jsonBodyTimeoutMs} ms`));
  });
  try {
    return await Promise.race([readBody(request, maxJsonBodyBytes), late]);
  } finally {
    timer.cancel();
  }
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of request.body ?? []) {
      sizeBytes += piece.byteLength;
      if (sizeBytes > maxBytes) break;
      pieces.push(piece);
    }
  } catch (cause) {
    // A client that goes away is no failure of the service.
    throw new ServiceError('InvalidArgumentException', 'Request body broke off', { cause });
  }
  if (sizeBytes > maxBytes) throw invalidArgument(`Request body is longer than ${maxBytes} bytes`);
  return join(pieces);
}

/**
 * Parses a JSON object; an empty body counts as `{}`, as some clients send for operations without required members.
 * @throws ServiceError InvalidArgumentException when the body is anything else
 */
export function parseJsonObject(body: Uint8Array): JsonObject {
  if (body.byteLength === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw invalidArgument(`Request body is not JSON in UTF-8: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument('Request body must be a JSON object');
  }
  return value as JsonObject;
}
