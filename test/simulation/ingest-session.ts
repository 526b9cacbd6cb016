/** One PutMedia session at the modelled service: checks every byte, keeps what is whole, and acknowledges it in its own time. */
import * as SERVICE_RESULT from '../../sdk/service-results.ts';
import { ackErrorResult, isFragmentRetriable } from '../../sdk/status.ts';
import { AckSender } from './ack-sender.ts';
import { type BodyEvents, BodyParser } from './body-parser.ts';
import type { Connection, ConnectionPeer } from './connection.ts';
import type { Fault } from './faults.ts';
import type { FragmentRecord, FrameBook, FrameRecord } from './frame-book.ts';
import { FrameWriter } from './frame-content.ts';
import type { MediaHost } from './media-host.ts';

/** Error ids of acks: all that are known, and two that are not. */
const ERROR_IDS: readonly number[] = [
  ...Object.entries(SERVICE_RESULT).flatMap(([name, id]) => (name.startsWith('ACK_') ? [id] : [])),
  4_999,
  9_999,
];
const CONNECTION_LIMIT_MS: readonly [number, number] = [5_000, 60_000];
const PERSIST_MS: readonly [number, number] = [10, 300];
const MAX_SLOW_DISK_MS = 40_000;
const IDLE_MS = 5_000;
/** A session without data for so long is ended. Source: service-api §3.1. */
const MAX_IDLE_MS = 30_000;

export class IngestSession implements ConnectionPeer, BodyEvents {
  readonly streamName: string;
  /** What relative timecodes count from; also tells producer streams apart. */
  readonly startMs: number;
  readonly #host: MediaHost;
  readonly #connection: Connection;
  readonly #book: FrameBook;
  readonly #acks: AckSender;
  readonly #parser: BodyParser;
  readonly #baseMs: number;
  readonly #writer = new FrameWriter();
  readonly #privateData = new Map<number, Uint8Array>();
  #timecode = 0;
  #frames: FrameRecord[] = [];
  #frame: FrameRecord | undefined;
  #hasFragment = false;
  #lastNumber = 0;
  #lastFrameMs = -1;
  #fragmentNumber = '';
  #persistedMs = 0;
  #lastBytesMs: number;
  #isOver = false;

  constructor(host: MediaHost, connection: Connection, book: FrameBook) {
    const { headers } = connection.request;
    this.#host = host;
    this.#connection = connection;
    this.#book = book;
    this.streamName = book.streamName;
    this.startMs = Math.round(Number(headers['x-amzn-producer-start-timestamp']) * 1000);
    this.#baseMs = headers['x-amzn-fragment-timecode-type'] === 'RELATIVE' ? this.startMs : 0;
    this.#acks = new AckSender(host.world, host.random, connection);
    this.#parser = new BodyParser(host.core, this);
    this.#lastBytesMs = host.world.time.nowMs;
    if (host.world.isOn('connection-limit')) this.#limit();
    this.#watchIdle();
  }

  onBytes(bytes: Uint8Array): void {
    this.#lastBytesMs = this.#host.world.time.nowMs;
    if (!this.#isOver) this.#parser.push(bytes);
  }

  onBodyEnd(): void {
    if (this.#isOver) return;
    this.#parser.finish();
    if (!this.#host.world.isOn('kept-open')) this.close(this.#host.random.between(0, 400));
  }

  onGone(): void {
    this.#finish('is gone');
  }

  /** The service wants no more of this connection. */
  replace(): void {
    this.#connection.cut(0);
    this.#finish('is replaced');
  }

  /** Ends the answer; what is not acknowledged by then never is. */
  close(afterMs: number): void {
    this.#host.world.time.after(afterMs, () => {
      this.#finish('is closed');
      this.#connection.end();
    });
  }

  onTrack(): void {
    // Undeclared tracks are the strict reader's to find.
  }

  onCodecPrivateData(trackNumber: number, bytes: Uint8Array): void {
    this.#privateData.set(trackNumber, bytes);
  }

  onFragment(timecode: number): void {
    this.#timecode = timecode;
    this.#frames = [];
    this.#hasFragment = true;
    this.#fragmentNumber = this.#host.nextFragmentNumber();
    this.#check(this.#baseMs + timecode > this.#lastFrameMs, 'timecodes rise', () => `fragment at ${timecode}`);
    this.#ack('BUFFERING');
    const armed = this.#host.random.chance(0.5) ? this.#host.takeArmed(false) : undefined;
    if (armed !== undefined) this.#sendError(armed);
  }

  onFrame(trackNumber: number, timecode: number, flags: number): Uint8Array | undefined {
    const timecodeMs = this.#baseMs + timecode;
    const frame = this.#book.find(trackNumber, timecodeMs);
    this.#frame = frame;
    if (frame === undefined) {
      this.#fail('unknown frame', `track ${trackNumber} at ${timecodeMs} ms was not put`);
      return undefined;
    }
    if (this.#frames.length === 0) this.#checkOrder(frame.fragment);
    this.#lastFrameMs = Math.max(this.#lastFrameMs, timecodeMs);
    this.#check(((flags & 0x80) !== 0) === frame.content.isKey, 'key flag', () => `frame at ${timecodeMs} ms`);
    return this.#writer.wireBytes(frame.content);
  }

  onFrameEnd(isSame: boolean): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#check(isSame, 'same bytes', () => `frame ${frame.content.index} at ${frame.timestampUs} µs`);
    if (frame.received++ > 0) this.#host.world.tally.framesTwice++;
    this.#frames.push(frame);
  }

  onFragmentEnd(): void {
    if (!this.#hasFragment || this.#isOver) return;
    this.#hasFragment = false;
    const fragment = this.#frames[0]?.fragment;
    if (fragment === undefined) return this.#fail('fragment without frames', `at ${this.#timecode}`);
    const isWhole =
      fragment.frames.length === this.#frames.length &&
      fragment.frames.every((frame, index) => frame === this.#frames[index]);
    this.#check(
      isWhole,
      'fragments whole',
      () => `fragment ${fragment.number} came with ${this.#frames.length} of ${fragment.frames.length} frames`,
    );
    const armed = this.#host.takeArmed(fragment.isReceivedTold && this.#frames[0]?.received !== 1);
    if (armed !== undefined) return this.#sendError(armed);
    this.#receive(fragment);
  }

  onTag(name: string, value: string): void {
    if (!name.startsWith('AWS')) this.#book.tagsSeen.add(value);
  }

  onFault(reason: string): void {
    this.#fail('session bytes parse', reason);
  }

  #receive(fragment: FragmentRecord): void {
    const { world, control, random } = this.#host;
    const hasRetention = control.hasRetention(this.streamName);
    if (!hasRetention) {
      this.#book.persist(fragment);
      this.#ack('RECEIVED', fragment);
      return;
    }
    this.#ack('RECEIVED', fragment, false);
    const slow = world.active('slow-disk');
    const [least, most] = PERSIST_MS;
    const tookMs = random.between(least, most) + (slow === undefined ? 0 : slow.value * MAX_SLOW_DISK_MS);
    this.#persistedMs = Math.max(this.#persistedMs, world.time.nowMs + tookMs);
    const { epoch } = this.#host;
    const [timecode, number] = [this.#timecode, this.#fragmentNumber];
    world.time.at(this.#persistedMs, () => {
      if (this.#host.epoch !== epoch) return;
      this.#book.persist(fragment);
      world.time.note(`persisted ${this.streamName} ${fragment.number}`);
      this.#tellPersisted(fragment, timecode, number);
    });
  }

  /** Over this session, or over the one that took its place. */
  #tellPersisted(fragment: FragmentRecord, timecode: number, number: string): void {
    const over = this.#isOver && this.#host.world.isOn('foreign-acks') ? (this.#host.successorOf(this) ?? this) : this;
    over.#acks.send({ EventType: 'PERSISTED', FragmentTimecode: timecode, FragmentNumber: number }, () => {
      fragment.isAcknowledged = true;
      this.#book.isDirty = true;
    });
  }

  /** `fragment`: what is acknowledged, for good or as received only. */
  #ack(type: 'BUFFERING' | 'RECEIVED', fragment?: FragmentRecord, isFinal = true): void {
    const ack = { EventType: type, FragmentTimecode: this.#timecode, FragmentNumber: this.#fragmentNumber } as const;
    this.#acks.send(ack, () => {
      if (fragment === undefined) return;
      if (isFinal) fragment.isAcknowledged = true;
      else this.#book.receive(fragment);
      this.#book.isDirty = true;
    });
  }

  /** Refuses the fragment at hand, by name or, where the client can still tell which it is, without. */
  #sendError({ value }: Fault): void {
    const { world, random, control } = this.#host;
    const id = ERROR_IDS[Math.floor(value * ERROR_IDS.length)] as number;
    const isNamed = !this.#acks.isUntouched || random.chance(0.4);
    const refused = this.#book.fragmentAt(this.#baseMs + this.#timecode);
    if (refused !== undefined && !isFragmentRetriable(ackErrorResult(id))) this.#book.refuse(refused, isNamed);
    if (id === SERVICE_RESULT.ACK_STREAM_DELETED) control.givenUp.add(this.streamName);
    world.time.note(`error ack ${id} for ${this.streamName} ${isNamed ? this.#timecode : 'unnamed'}`);
    this.#acks.send({
      EventType: 'ERROR',
      ErrorId: id,
      ErrorCode: `SIMULATED_${id}`,
      ...(isNamed ? { FragmentTimecode: this.#timecode } : {}),
    });
    this.#finish('has sent an error');
    this.close(random.between(0, 1_000));
  }

  #checkOrder(fragment: FragmentRecord): void {
    const { number } = fragment;
    this.#check(number > this.#lastNumber, 'fragments in order', () => `${number} after ${this.#lastNumber}`);
    this.#check(
      fragment.frames[0] === this.#frame,
      'fragments whole',
      () => `fragment ${number} does not begin with its first frame`,
    );
    const left = this.#book.unsettledThrough(number - 1).filter((other) => other.number > this.#lastNumber);
    this.#check(
      left.length === 0,
      'nothing is left out',
      () => `fragment ${number} comes after ${this.#lastNumber}, but ${left.map((other) => other.number).join(', ')}`,
    );
    this.#lastNumber = number;
    const header = this.#privateData.get(fragment.frames[0]?.trackNumber ?? 0);
    const { privateData } = fragment;
    if (privateData === undefined) return;
    const isSame = header !== undefined && Buffer.compare(header, privateData) === 0;
    this.#check(
      isSame,
      'header fits fragments',
      () => `fragment ${number} is under ${hex(header)}, not ${hex(privateData)}`,
    );
  }

  #limit(): void {
    const [least, most] = CONNECTION_LIMIT_MS;
    this.#host.world.time.after(this.#host.random.between(least, most), () => {
      if (this.#isOver) return;
      if (this.#host.random.chance(0.5))
        this.#acks.send({ EventType: 'ERROR', ErrorId: SERVICE_RESULT.ACK_CONNECTION_DURATION_REACHED });
      this.close(0);
    });
  }

  #watchIdle(): void {
    this.#host.world.time.after(IDLE_MS, () => {
      if (this.#isOver) return;
      const idleMs = this.#host.world.time.nowMs - this.#lastBytesMs;
      if (idleMs >= MAX_IDLE_MS) return this.close(0);
      if (idleMs >= IDLE_MS) this.#acks.send({ EventType: 'IDLE' });
      this.#watchIdle();
    });
  }

  /** Takes nothing more. What was received whole goes on to the disk. */
  #finish(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.world.time.note(`session of ${this.streamName} ${why}`);
    this.#parser.dispose();
    this.#host.onSessionOver(this);
  }

  #check(holds: boolean, invariant: string, detail: () => string): void {
    if (!holds) this.#fail(invariant, detail());
  }

  #fail(invariant: string, detail: string): void {
    this.#host.world.fail(invariant, `${this.streamName}: ${detail}`);
  }
}

const hex = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? 'none' : Buffer.from(bytes).toString('hex');
