/** Connections that do not come to stand, inside Deno; see test/support/connecting.ts. */
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import { type ConnectingTask, tryToConnect } from '../support/connecting.ts';

// oxlint-disable-next-line typescript/no-unsafe-assignment -- the argument is the test's own
const task: ConnectingTask = JSON.parse(Deno.args[0] ?? '{}');
console.log(JSON.stringify(await tryToConnect(createDenoPlatform(), task)));
Deno.exit(0);
