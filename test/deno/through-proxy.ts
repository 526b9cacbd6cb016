/** Uploads through a proxy inside Deno; see test/support/through-proxy.ts. */
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import { throughProxy, type ThroughProxyTask } from '../support/through-proxy.ts';

// oxlint-disable-next-line typescript/no-unsafe-assignment -- the argument is the test's own
const task: ThroughProxyTask = JSON.parse(Deno.args[0] ?? '{}');
console.log(JSON.stringify({ outcome: await throughProxy(createDenoPlatform({ proxy: task.proxy }), task) }));
