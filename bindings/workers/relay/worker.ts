/** The relay to deploy as it is: everything comes from the Worker's variables and secrets. */
import { env } from 'cloudflare:workers';
import { createRelay } from './create-relay.ts';
import { relayOptionsOf } from './relay-variables.ts';

const { worker, RelayStream } = createRelay(() => relayOptionsOf(env));

export default worker;
export { RelayStream };
