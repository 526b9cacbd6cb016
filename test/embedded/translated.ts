/** The conformance checks on the binding for engines without WebAssembly, as one module with one function. */
import { createEmbeddedPlatform, createProducer } from '../../bindings/embedded/index.ts';
import type { EmbeddedHost } from '../../bindings/embedded/host.ts';
import { tell } from './task.ts';

export function runConformance(
  host: EmbeddedHost,
  task: string,
  onDone: (results: string, failure: string) => void,
): void {
  tell(createEmbeddedPlatform(host), (options) => createProducer(host, options), task, onDone);
}
