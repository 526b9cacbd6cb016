/** What the checks are about: the columns of the table in README.md, in their order. */

/** Group → the heading of its column. */
export const GROUPS = {
  platform: 'platform',
  core: 'core',
  upload: 'upload',
  recovery: 'recovery',
  credentials: 'credentials',
  errors: 'errors',
  streams: 'several streams',
  iterables: 'acks, events',
  signals: 'AbortSignal',
  metrics: 'metrics',
  consumer: 'consumer',
} as const;

export type Group = keyof typeof GROUPS;

/**
 * What a check needs that a runtime may not have. `network`: it reaches the service, through the platform's `fetch`. `full-duplex`: a
 * response can be read while its request is still being sent. `signing`: the producer signs its calls itself, and no relay does it in its place.
 * `webassembly`: the engine runs it. `abort`: `AbortController` is a global.
 */
export type Need = 'network' | 'full-duplex' | 'signing' | 'webassembly' | 'abort';
