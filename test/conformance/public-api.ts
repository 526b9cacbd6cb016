/** What checks name of the public API, apart from any runtime: every binding exports the same. */
export * from '../../sdk/errors.ts';
export type { Credentials } from '../../sdk/platform.ts';
