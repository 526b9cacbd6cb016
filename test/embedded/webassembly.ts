/** The conformance checks on the binding for engines with WebAssembly and nothing of the web platform. */
import type { WebAssemblyHost } from '../../bindings/embedded/host.ts';
import { createEmbeddedPlatform, createProducer } from '../../bindings/embedded/webassembly.ts';
import { tell } from './task.ts';

export function runConformance(
  host: WebAssemblyHost,
  task: string,
  onDone: (results: string, failure: string) => void,
): void {
  tell(createEmbeddedPlatform(host), (options) => createProducer(host, options), task, onDone);
}
