/** Between Node's HTTP server and the fetch application. */

import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Service } from '../app.ts';

/**
 * Serves a service that may still be starting.
 *
 * `@hono/node-server` does what media needs of a host, and `test/service/host.test.ts` holds it to that: the response head
 * and acks flow while the request body is open, both directions push back, a cut connection fails the request body, and
 * a connection whose upload was refused is drained for half a second and then closed.
 */
export function requestListener(service: Promise<Service>): RequestListener {
  const listener = getRequestListener(async (request) => (await service).fetch(request), {
    // Request and Response of the process stay as they are: the service may run inside somebody else's program.
    overrideGlobalObjects: false,
  });
  return (incoming, outgoing) => void listener(incoming, outgoing);
}
