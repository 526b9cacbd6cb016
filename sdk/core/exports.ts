/**
 * What the built core exports, typed by hand: numbers only, so that all three flavours agree.
 * Each function is described where it lives, in `assembly/index.ts`.
 */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;

  scratchReserve(sizeBytes: number): number;
  memoryInUse(): number;
}
