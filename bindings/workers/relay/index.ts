/** The relay as a library, for a Worker of one's own: `penstock/relay`. */
export { createRelay, type Relay, type RelayStreamState } from './create-relay.ts';
export type { RelayGrant } from './grant.ts';
export { DEFAULT_LIMITS, type RelayLimits, type RelayOptions } from './relay-options.ts';
export type { RelayAccess } from './token-check.ts';
export { RelayError } from '../../../sdk/relay/refusals.ts';
