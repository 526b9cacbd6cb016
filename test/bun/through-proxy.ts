/** Uploads through a proxy inside Bun, by the binding for Node; see test/support/through-proxy.ts. */
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { throughProxy, type ThroughProxyTask } from '../support/through-proxy.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as ThroughProxyTask;
console.log(JSON.stringify({ outcome: await throughProxy(createNodePlatform({ proxy: task.proxy }), task) }));
