/** What the host uses of a `WebAssembly.Memory`, and what the translated core has in its place. */
export interface CoreMemory {
  /** Another one after growth; compare it by identity, since not every flavour detaches the old one. */
  readonly buffer: ArrayBuffer;
}

/**
 * What the built core exports, typed by hand: numbers only, so that all three flavours agree.
 * Each function is described where it lives, in `assembly/index.ts`.
 */
export interface CoreExports {
  readonly memory: CoreMemory;

  scratchReserve(sizeBytes: number): number;
  memoryInUse(): number;
  results(): number;

  storeOpen(capacityBytes: number): number;
  storeClose(handle: number): number;
  storeCapacityBytes(handle: number): number;
  storeUsedBytes(handle: number): number;
  storeTake(handle: number, sizeBytes: number): number;
  storeGive(handle: number, address: number): number;
  storeAudit(handle: number): number;

  streamOpen(storeHandle: number, settings: number): number;
  streamClose(handle: number): number;
  frameReserve(handle: number, trackNumber: number, payloadBytes: number, flags: number): number;
  frameCommit(handle: number, ptsUs: number, dtsUs: number, durationUs: number): number;
  frameHold(handle: number): number;
  frameRelease(handle: number, trackNumber: number, ptsUs: number, dtsUs: number, durationUs: number): number;
  streamEndFragment(handle: number): number;
  streamPutTag(
    handle: number,
    name: number,
    nameBytes: number,
    value: number,
    valueBytes: number,
    persistent: number,
  ): number;
  streamPutEvents(handle: number, events: number, block: number): number;
  streamSetCodecPrivate(handle: number, trackNumber: number, address: number, sizeBytes: number): number;
  streamSetNal(handle: number, nal: number, adaptCodecPrivate: number): number;
  streamStop(handle: number): number;
  streamBeginSession(handle: number): number;
  streamEndSession(handle: number): number;
  streamRead(handle: number, roomBytes: number): number;
  streamRollBack(handle: number, target: number, replayUs: number): number;
  streamAwaitKeyFrame(handle: number): number;
  streamDropOverdue(handle: number): number;
  streamWatch(handle: number, bufferUs: number, latencyUs: number, watchesStore: number): number;
  streamAcknowledge(handle: number, type: number, timecodeLo: number, timecodeHi: number): number;
  streamSkipFragment(handle: number, timecodeLo: number, timecodeHi: number): number;
  streamDropOldest(handle: number): number;
  streamFrames(handle: number, order: number, skip: number): number;
  streamDropTags(handle: number): number;
  streamStats(handle: number): number;

  nalAnnexBToAvcc(address: number, sizeBytes: number, room: number): number;
  nalAnnexBToAvccPayloads(address: number, sizeBytes: number, room: number): number;
  nalUnitPayload(address: number, sizeBytes: number): number;
  nalAvccToAnnexB(address: number, sizeBytes: number): number;
  h264ConfigurationRecord(destination: number, room: number, address: number, sizeBytes: number): number;
  h265ConfigurationRecord(destination: number, room: number, address: number, sizeBytes: number): number;
  h264PictureFormat(address: number, sizeBytes: number, format: number): number;
  h265PictureFormat(address: number, sizeBytes: number, format: number): number;
  bitmapPictureSize(address: number, sizeBytes: number, size: number): number;
  aacConfigRead(address: number, sizeBytes: number, audio: number): number;
  aacConfigWrite(destination: number, objectType: number, samplingFrequencyHz: number, channels: number): number;
  waveFormatWrite(destination: number, format: number, samplingFrequencyHz: number, channels: number): number;
  waveFormatRead(address: number, sizeBytes: number, audio: number): number;
  ebmlWriteSize(destination: number, lo: number, hi: number): number;
  ebmlWriteNumber(destination: number, lo: number, hi: number): number;
  tagChainWrite(
    destination: number,
    top: number,
    name: number,
    nameBytes: number,
    value: number,
    valueBytes: number,
  ): number;

  readerOpen(windowBytes: number, maxValueBytes: number, maxDepth: number, options: number): number;
  readerClose(handle: number): number;
  readerEvent(handle: number): number;
  readerRoom(handle: number, wantedBytes: number): number;
  readerCommit(handle: number, lengthBytes: number): number;
  readerDiscard(handle: number, lengthBytes: number): number;
  readerFinish(handle: number): number;
  readerNext(handle: number): number;
}
