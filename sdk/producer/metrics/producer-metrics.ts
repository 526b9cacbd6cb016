/** A producer's figures: those of its store, and the sums over its streams. Source: producer-core §19.1. */
import type { StreamMetrics } from './stream-metrics.ts';

/** A producer's figures at one moment. */
export interface ProducerMetrics {
  /** Open streams. */
  readonly streams: number;
  readonly storeUsedBytes: number;
  readonly storeFreeBytes: number;
  readonly storeCapacityBytes: number;
  /** Items (frames, ends of fragments) of all streams in the store. */
  readonly storedItems: number;
  /** Puts that wait for room in the store. */
  readonly waitingPuts: number;
  /** Sums of the streams' averages. */
  readonly framesPerSecond: number;
  readonly elementaryFramesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Mean of the streams' `callRetries`; 0 without streams. */
  readonly averageCallRetries: number;
}

/** Adds streams up. */
export function measureProducer(
  streams: readonly StreamMetrics[],
  storeCapacityBytes: number,
  storeUsedBytes: number,
  waitingPuts: number,
): ProducerMetrics {
  const sum = (of: (metrics: StreamMetrics) => number): number =>
    streams.reduce((total, metrics) => total + of(metrics), 0);
  return {
    streams: streams.length,
    storeUsedBytes,
    storeFreeBytes: storeCapacityBytes - storeUsedBytes,
    storeCapacityBytes,
    storedItems: sum((metrics) => metrics.storedItems),
    waitingPuts,
    framesPerSecond: sum((metrics) => metrics.framesPerSecond),
    elementaryFramesPerSecond: sum((metrics) => metrics.elementaryFramesPerSecond),
    bytesPerSecond: sum((metrics) => metrics.bytesPerSecond),
    averageCallRetries: streams.length === 0 ? 0 : sum((metrics) => metrics.callRetries) / streams.length,
  };
}
