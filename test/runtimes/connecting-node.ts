/** Connections that do not come to stand, inside a runtime that takes the binding of Node; as `test/deno/connecting.ts`. */
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { type ConnectingTask, tryToConnect } from '../support/connecting.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as ConnectingTask;
console.log(JSON.stringify(await tryToConnect(createNodePlatform(), task)));
process.exit(0);
