/**
 * What the built core exports, typed by hand: numbers only, so that all three flavours agree.
 * Each function is described where it lives, in `assembly/index.ts`.
 */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;

  scratchReserve(sizeBytes: number): number;
  memoryInUse(): number;

  readerOpen(windowBytes: number, maxValueBytes: number, maxDepth: number, options: number): number;
  readerClose(handle: number): number;
  readerEvent(handle: number): number;
  readerRoom(handle: number, wantedBytes: number): number;
  readerCommit(handle: number, lengthBytes: number): number;
  readerDiscard(handle: number, lengthBytes: number): number;
  readerFinish(handle: number): number;
  readerNext(handle: number): number;
}
