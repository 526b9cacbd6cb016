// runtime: Bun 1
/** The conformance checks in Bun, which takes the package's Node entry. */
import { testPackaged } from './packaged.ts';

const bun = await testPackaged('Bun 1', 'bun');
bun?.run();
