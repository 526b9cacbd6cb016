/** Cameras that put in real time into one process, and what that costs. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { javaScriptBytes } from './garbage.ts';
import type { StreamCamera } from './modelled-producer.ts';

/** Figures of one second. */
export interface FleetSecond {
  /** Of one core, all threads of the process together, percent. */
  readonly cpuPercent: number;
  /** How long after its time a frame was put, milliseconds; 99 of 100 were earlier. */
  readonly latenessP99Ms: number;
  /** 99 of 100 turns of the event loop began less late than this, milliseconds. */
  readonly loopDelayP99Ms: number;
  /** Resident memory of the process, MiB, and of that the JavaScript heap with its buffers outside of the core. */
  readonly residentMib: number;
  readonly heapMib: number;
}

const MIB = 1 << 20;
const LOOP_RESOLUTION_MS = 1;

/** Each camera has its own moment within a frame's time, so that the frames of all are spread evenly over it. */
export class CameraFleet {
  readonly #cameras: readonly StreamCamera[];
  readonly #group: readonly Uint8Array[];
  readonly #frameMs: number;
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  #lateness: number[] = [];

  /**
   * @param group a key frame and what depends on it, again and again
   * @param framesPerSecond of each camera
   */
  constructor(cameras: readonly StreamCamera[], group: readonly Uint8Array[], framesPerSecond: number) {
    this.#cameras = cameras;
    this.#group = group;
    this.#frameMs = 1000 / framesPerSecond;
  }

  /** Runs for so many seconds; the figures of each. */
  async run(seconds: number): Promise<FleetSecond[]> {
    const figures: FleetSecond[] = [];
    const periodMs = this.#frameMs / this.#cameras.length;
    const startMs = performance.now();
    let put = 0;
    this.#loop.enable();
    for (let second = 0; second < seconds; second++) {
      const cpuBefore = process.cpuUsage();
      const beganMs = performance.now();
      while (performance.now() - startMs < (second + 1) * 1000) {
        put = this.#putDue(put, startMs, periodMs);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      figures.push(this.#figures(cpuBefore, performance.now() - beganMs));
    }
    this.#loop.disable();
    return figures;
  }

  /** Puts the frames whose time has come, one of each camera at most before others get their turn. @returns frames put altogether */
  #putDue(put: number, startMs: number, periodMs: number): number {
    const cameras = this.#cameras;
    const group = this.#group;
    const nowMs = performance.now() - startMs;
    const due = Math.min(Math.floor(nowMs / periodMs) + 1, put + cameras.length);
    for (let frame = put; frame < due; frame++) {
      const camera = cameras[frame % cameras.length]!;
      const index = Math.floor(frame / cameras.length) % group.length;
      camera.put(group[index]!, index === 0);
      this.#lateness.push(performance.now() - startMs - frame * periodMs);
    }
    return due;
  }

  #figures(cpuBefore: NodeJS.CpuUsage, elapsedMs: number): FleetSecond {
    const { user, system } = process.cpuUsage(cpuBefore);
    const late = Float64Array.from(this.#lateness).sort();
    this.#lateness = [];
    const loopDelayP99Ms = this.#loop.percentile(99) / 1e6;
    this.#loop.reset();
    return {
      cpuPercent: (user + system) / 10 / elapsedMs,
      latenessP99Ms: late[Math.floor(late.length * 0.99)] ?? 0,
      loopDelayP99Ms,
      residentMib: process.memoryUsage.rss() / MIB,
      heapMib: javaScriptBytes() / MIB,
    };
  }
}
