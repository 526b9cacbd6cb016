// time-limit-s: 300
// runtime: Node 22
// runtime: Node 24
// runtime: Node 26
/** The conformance checks in the newer releases of Node, through the package as it is published. */
import { testPackaged } from './packaged.ts';

const suites = [];
for (const major of [22, 24, 26]) suites.push(await testPackaged(`Node ${major}`, `node-${major}`));
for (const tests of suites) tests?.run();
