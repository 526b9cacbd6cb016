/** The bare core: content stores, streams and readers, for those who bring their own engine around them. */
export { Core } from './core.ts';
export { ContentStore } from './content-store.ts';
export type { CoreStreamConfig, CoreTrack, NalAdaptation } from './stream-config.ts';
export { CoreStream } from './core-stream.ts';
export {
  FRAME_BEGAN_FRAGMENT,
  FRAME_BEGAN_GENERATION,
  FRAME_FLAG,
  FRAME_SKIPPED,
  FRAME_STORED,
} from './core-stream-types.ts';
export type {
  AckOutcome,
  AckType,
  ChangedTrack,
  CoreStreamStats,
  DroppedFrames,
  RemovedFrames,
} from './core-stream-types.ts';
export type { EventMetadata, StreamEventType } from './event-metadata.ts';
export { MkvReader, READER_EVENT } from './mkv-reader.ts';
export type { MkvReaderOptions } from './mkv-reader.ts';
export { describeFault, READER_FAULT_REASONS } from './reader-fault.ts';
export type { ReaderFault, ReaderFaultErrorId, ReaderFaultReason } from './reader-fault.ts';
export { describeElement, ELEMENT_ID, elementInfo, elementName } from './element-names.ts';
export type { ElementInfo, ElementKind, ElementName } from './element-names.ts';
export { HeldBytes } from './held-bytes.ts';
export type { CoreFlavour, CoreSource } from '../platform.ts';
export {
  annexBToAvcc,
  avccToAnnexB,
  h264CodecPrivateData,
  h264PictureFormat,
  h265CodecPrivateData,
  h265PictureFormat,
  nalUnitPayload,
} from './nal.ts';
export type { AnnexBOptions, PictureFormat } from './nal.ts';
