/** Uploads through a proxy inside Deno; see test/support/through-proxy.ts. */
import { createDenoPlatform } from '../../bindings/deno/platform.ts';
import { throughProxy, type ThroughProxyTask } from '../support/through-proxy.ts';

const task = JSON.parse(Deno.args[0] ?? '{}') as ThroughProxyTask;
console.log(JSON.stringify({ outcome: await throughProxy(createDenoPlatform({ proxy: task.proxy }), task) }));
