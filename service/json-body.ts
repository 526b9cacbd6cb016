/** JSON request bodies, bounded. */

import type { ServicePlatform } from './context.ts';
import { invalidArgument, ServiceError } from './errors.ts';
import type { ServiceLimits } from './limits.ts';

/** A JSON object before anything in it was checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Collects a request body.
 * @throws ServiceError InvalidArgumentException beyond `maxBytes`; whatever the body stream fails with
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  if (request.body !== null) {
    for await (const piece of request.body) {
      sizeBytes += piece.byteLength;
      if (sizeBytes > maxBytes) throw invalidArgument(`Request body is longer than ${maxBytes} bytes`);
      pieces.push(piece);
    }
  }
  const body = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.byteLength;
  }
  return body;
}

/**
 * Collects the body of a JSON request, which has to arrive in time: the host sets no limit, because uploads have none.
 * @throws ServiceError InvalidArgumentException when it is too long, RequestTimeoutException when it is too slow
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

/** `readBody` and `parseJsonObject` in one. */
export async function readJsonObject(request: Request, maxBytes: number): Promise<JsonObject> {
  return parseJsonObject(await readBody(request, maxBytes));
}
