/** One simulation: a producer with its streams, the modelled service and the faults of a seed, from opening to closing. */
import process from 'node:process';
import { Core } from '../../sdk/core/core.ts';
import { KvsError } from '../../sdk/errors.ts';
import { openCallbacks } from '../../sdk/producer/callbacks/index.ts';
import { createProducerWith, type Producer } from '../../sdk/producer/index.ts';
import { coreSource } from '../support/load-core.ts';
import { CallbackWatch } from './callback-watch.ts';
import { ControlPlane } from './control-plane.ts';
import { type Fault, type FaultKind, makeSchedule, type ProfileName } from './faults.ts';
import { FrameBook } from './frame-book.ts';
import { MediaHost } from './media-host.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedPlatform } from './simulated-platform.ts';
import { StreamDriver } from './stream-driver.ts';
import { keepsAll, planProducer, type ProducerPlan } from './stream-plan.ts';
import type { Tally } from './tally.ts';
import { Tokens } from './tokens.ts';
import { type InvariantError, World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly durationMs: number;
  /** Instead of those of the seed. */
  readonly faults?: readonly Fault[];
}

export interface SimulationResult {
  readonly tally: Tally;
  readonly traceHash: string;
  readonly failure: InvariantError | undefined;
  /** The last of what happened. */
  readonly lastLines: readonly string[];
}

/** After the last fault everything must be persisted, and stopped, within this time; milliseconds. */
const RECOVERY_MS = 120_000;
/** From a producer that could not be made to the next attempt, milliseconds. */
const REOPEN_MS = 2_000;
const ENDPOINT = 'http://127.0.0.1:1';
/** Time for what the end of a stream sets going, milliseconds: less than any timer. */
const TURN_MS = 1;
/** Time for what is left behind at the service to end, milliseconds. */
const AFTERMATH_MS = 300_000;

let serviceCore: Core | undefined;

/** Runs a simulation to its end, or to the first invariant that does not hold. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const simulation = new Simulation(options);
  await simulation.run();
  const { world } = simulation;
  world.tally.runs = 1;
  world.tally.virtualMs = world.time.nowMs;
  world.tally.steps = world.time.steps;
  const { traceHash, lastLines } = world.time;
  return { tally: world.tally, traceHash, failure: world.failure, lastLines };
}

class Simulation {
  readonly world: World;
  readonly #durationMs: number;
  readonly #plan: ProducerPlan;
  readonly #tokens: Tokens;
  readonly #network: SimulatedNetwork;
  readonly #drivers: readonly StreamDriver[];
  #platform: SimulatedPlatform | undefined;
  #producer: Producer | undefined;
  #callbacks: CallbackWatch | undefined;
  #producers = 0;
  #isClosing = false;

  constructor({ seed, profile, durationMs, faults = makeSchedule(seed, profile, durationMs) }: SimulationOptions) {
    const world = new World(seed);
    this.world = world;
    this.#durationMs = durationMs;
    this.#plan = planProducer(world.random.fork('plan'));
    this.#tokens = new Tokens(world);
    const control = new ControlPlane(world, this.#tokens);
    serviceCore ??= Core.create(coreSource('simd'));
    const media = new MediaHost(world, serviceCore, this.#tokens, control);
    this.#network = new SimulatedNetwork(world, control, media);
    this.#drivers = this.#plan.streams.map((plan) => {
      if (plan.isKnown) control.addStream(plan.name, plan.knownRetentionHours);
      const book = new FrameBook(
        world,
        plan.name,
        plan.limits.rollBack === 'native' && !keepsAll(plan),
        keepsAll(plan),
      );
      media.addBook(book);
      return new StreamDriver(world, plan, book, control);
    });
    this.#onAction('new-picture', (driver) => driver.changePicture());
    this.#onAction('bad-frame', (driver) => driver.putBadFrame());
    this.#onAction('end-fragment', (driver) => driver.endFragment());
    this.#onAction('flush', (driver) => driver.flush());
    this.#onAction('metadata', (driver, value) => driver.putMetadata(value % 0.1 < 0.03));
    this.#onAction('reset-stream', (driver) => driver.resetStream());
    this.#onAction('reset-connection', (driver) => driver.resetConnection());
    this.#onAction('stop-stream', (driver) => driver.stop(false));
    this.#onAction('abort-stream', (driver) => driver.abort());
    world.on('close-producer', () => void this.#guard(this.#reopen()));
    world.schedule(faults);
  }

  async run(): Promise<void> {
    const { world } = this;
    const onRejection = (error: unknown): void => world.fail('no unhandled rejection', String(error));
    process.on('unhandledRejection', onRejection);
    world.time.onStep = () => this.#drivers.forEach((driver) => driver.checkStep());
    const isBroken = (): boolean => world.failure !== undefined;
    try {
      void this.#guard(this.#open());
      await world.time.run(this.#durationMs, isBroken);
      let isOver = isBroken();
      void this.#guard(this.#finish()).then(() => (isOver = true));
      await world.time.run(this.#durationMs + RECOVERY_MS, () => isOver || isBroken());
      world.check(isOver, 'nothing hangs', () => `the producer is not closed ${RECOVERY_MS} ms after the last fault`);
      if (!isBroken()) await world.time.run(world.time.nowMs + AFTERMATH_MS, isBroken);
      this.#checkLeft();
    } catch (error) {
      world.fail('no unexpected error', describe(error));
    } finally {
      this.#producer?.abort(new Error('The simulation is over'));
      await world.time.run(world.time.nowMs);
      process.off('unhandledRejection', onRejection);
    }
  }

  async #open(): Promise<void> {
    const { storeBytes } = this.#plan;
    const name = String(++this.#producers);
    const platform = new SimulatedPlatform(this.world, this.#network.fetch, this.#tokens, name, storeBytes);
    this.#platform = platform;
    const books = this.#drivers.map(({ book }) => book);
    this.#callbacks = this.#plan.hasCallbacks ? new CallbackWatch(this.world, platform, ENDPOINT, books) : undefined;
    const how = this.#callbacks === undefined ? { endpoint: ENDPOINT } : { callbackProvider: this.#callbacks.provider };
    let producer: Producer;
    try {
      producer = await createProducerWith(platform, { ...how, storeBytes }, openCallbacks);
    } catch (error) {
      if (!(error instanceof KvsError)) throw error;
      // Notifications come in microtasks of their own.
      await Promise.resolve();
      this.#callbacks?.checkFailedStart();
      this.#checkMemory(platform);
      await this.world.time.wait(REOPEN_MS);
      return this.#open();
    }
    this.#producer = producer;
    const isWanted = (): boolean => !this.#isClosing && producer === this.#producer;
    for (const driver of this.#drivers) void this.#guard(driver.open(producer, isWanted));
  }

  /** Closes the producer and checks that nothing of it is left. */
  async #close(isHealthy: boolean): Promise<void> {
    const [producer, platform] = [this.#producer, this.#platform];
    if (producer === undefined || platform === undefined) return;
    this.#producer = undefined;
    await Promise.all(this.#drivers.map((driver) => driver.stop(isHealthy)));
    const { streams, storeUsedBytes } = producer.metrics;
    this.world.check(
      streams > 0 || storeUsedBytes === 0,
      'memory comes back',
      () => `no stream is open, and ${storeUsedBytes} bytes of the store are in use`,
    );
    try {
      await producer.close();
    } catch {
      // A stream that was just being opened.
    }
    this.#checkMemory(platform);
    this.#callbacks?.checkEnd();
    // A token that is being fetched is waited for so long and no longer, whoever closes.
    await this.#tokens.settled();
    await this.world.time.wait(TURN_MS);
    this.world.check(platform.timerCount === 0, 'no timer is left', () => `${platform.timerCount} wait`);
  }

  async #reopen(): Promise<void> {
    if (this.#isClosing || this.#producer === undefined) return;
    await this.#close(false);
    await this.#open();
  }

  async #finish(): Promise<void> {
    // A stream that is being opened, or a producer that is being closed, comes to its end first.
    while (this.#producer === undefined || !this.#drivers.every((driver) => driver.isOpen))
      await this.world.time.wait(500);
    this.#isClosing = true;
    this.#drivers.forEach((driver) => driver.switchOff());
    await this.#close(true);
  }

  #checkMemory({ core, memoryAtStart }: SimulatedPlatform): void {
    const inUse = core?.memoryInUse();
    this.world.check(
      inUse === memoryAtStart,
      'memory comes back',
      () => `the core has ${inUse} bytes in use, not ${memoryAtStart}`,
    );
  }

  #checkLeft(): void {
    if (this.world.failure !== undefined) return;
    const open = this.#network.openConnections;
    this.world.check(open === 0, 'no connection is left', () => `${open} are open`);
  }

  /** An action of the application, on the stream that the fault's value chooses. */
  #onAction(kind: FaultKind, act: (driver: StreamDriver, value: number) => Promise<void> | void): void {
    this.world.on(kind, ({ value }) => {
      const driver = this.#drivers[Math.floor(value * this.#drivers.length)] as StreamDriver;
      void this.#guard(Promise.resolve(act(driver, value)));
    });
  }

  async #guard(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.world.fail('no unexpected error', describe(error));
    }
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
