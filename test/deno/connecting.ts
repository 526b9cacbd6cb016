/** Connections that do not come to stand, inside Deno; see test/support/connecting.ts. */
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import { type ConnectingTask, tryToConnect } from '../support/connecting.ts';

const task = JSON.parse(Deno.args[0] ?? '{}') as ConnectingTask;
console.log(JSON.stringify(await tryToConnect(createDenoPlatform(), task)));
Deno.exit(0);
