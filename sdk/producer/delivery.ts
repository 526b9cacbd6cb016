/**
 * The sending half of a stream, as the engine and its connections see it: bytes out of the core, acks into it.
 *
 * Roll-back rule. After a lost connection everything that was not PERSISTED is sent again, even what was RECEIVED: a media host
 * that dies takes what it received but had not persisted with it, and the next, cumulative PERSISTED ack would then trim that
 * fragment here too: lost without a word. A stream without retention is never PERSISTED; there RECEIVED is the last word
 * and takes its place throughout. `rollBack: 'native'` chooses the native rule instead (producer-core §11.6, §16.2): what it gives up is lost
 * to the ledger, and told.
 */
import type { StreamDescription } from '../aws/control-api.ts';
import type { CoreStream } from '../core/core-stream.ts';
import { AckError, coreError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { isFragmentRetriable, isHostAlive, isTimeout } from '../status.ts';
import type { FragmentAck } from './acks.ts';
import type { Broadcast } from './broadcast.ts';
import type { StreamEvent } from './events.ts';
import type { FragmentLedger, LedgerEntry } from './fragment-ledger.ts';
import { LatencyReservoir } from './metrics/latency-reservoir.ts';
import { FragmentLatencies } from './metrics/latency-histogram.ts';
import type { StreamCounters } from './metrics/stream-metrics.ts';
import { TransferRate } from './metrics/rates.ts';
import { FragmentLosses } from './fragment-losses.ts';
import type { EngineHost, SessionStart } from './engine-host.ts';
import type { StalenessWatch } from './recovery/staleness-watch.ts';
import type { StreamSignals } from './stream-parts.ts';
import { Timecodes } from './timecodes.ts';
import type { SessionEnd } from './upload-session.ts';

export interface DeliveryOptions extends StreamSignals {
  readonly platform: Pick<Platform, 'now' | 'log'>;
  readonly streamName: string;
  readonly stream: CoreStream;
  readonly ledger: FragmentLedger;
  readonly counters: StreamCounters;
  readonly acks: Broadcast<FragmentAck>;
  readonly events: Broadcast<StreamEvent>;
  readonly isAbsolute: boolean;
  readonly retentionHours: number;
  /** Whether the service is asked for acks; otherwise, what was sent counts as delivered. */
  readonly expectsAcks: boolean;
  readonly staleness?: StalenessWatch | undefined;
  /** Replay duration of the native policy, microseconds; undefined for our own. */
  readonly replayUs: number | undefined;
  /** Numbers of the tracks that no player could decode as they are. */
  readonly tracksWithoutPrivateData: () => readonly number[];
}

export class Delivery implements EngineHost {
  readonly expectsAcks: boolean;
  /** No more frames will be put. */
  isStopped = false;
  readonly firstFrameLatency: LatencyReservoir = new LatencyReservoir();
  readonly lastFrameLatency: LatencyReservoir = new LatencyReservoir();
  readonly latencies: FragmentLatencies = new FragmentLatencies();
  readonly transfer: TransferRate = new TransferRate();
  readonly #options: DeliveryOptions;
  readonly #stream: CoreStream;
  readonly #ledger: FragmentLedger;
  readonly #counters: StreamCounters;
  readonly #timecodes: Timecodes;
  readonly #losses: FragmentLosses;
  #session = 0;
  /** The service has answered the session with 200. */
  #isConnected = false;
  /** Sequence of the first fragment that the session carries. */
  #firstSequence = 1;
  #hasRetention: boolean;
  /** Newest fragment that is complete and was sent to its end, over whichever session: no ack can speak for more. */
  #sentThrough = 0;
  #progressed = false;
  /** Nothing is sent until a key frame is put: native's course after a timeout with everything sent. */
  #awaitsKeyFrame = false;
  /** A put has found no room since something last left the store. */
  #isRoomAwaited = false;
  /** Sequence of the last fragment that the session carries, once that is decided; undefined while it goes on. */
  #lastSequence: number | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.expectsAcks = options.expectsAcks;
    this.#stream = options.stream;
    this.#ledger = options.ledger;
    this.#counters = options.counters;
    this.#timecodes = new Timecodes(options.isAbsolute);
    this.#losses = new FragmentLosses({
      stream: options.stream,
      ledger: options.ledger,
      counters: options.counters,
      timecodes: this.#timecodes,
      onEvent: (event) => this.onEvent(event),
      onFreed: options.onFreed,
    });
    // Without onFreed: a frame may be on its way into the store. The next read lets in who waits for room.
    options.ledger.onCoveredClosed = (entry) => this.#settle(entry);
    this.#hasRetention = options.retentionHours > 0;
  }

  hasWork(): boolean {
    if (this.#awaitsKeyFrame && !this.#isAwaited) return this.#stream.stats.unsentItems > 0;
    return !this.#ledger.isEmpty;
  }

  isComplete(): boolean {
    return this.isStopped && this.#ledger.isEmpty;
  }

  read(into: Uint8Array): number {
    const sizeBytes = this.#stream.read(into);
    if (this.#stream.readStatus === STATUS.STATUS_END_OF_STREAM)
      this.#lastSequence ??= this.#stream.stats.fragmentsRead;
    if (sizeBytes > 0) {
      this.#counters.bytesSent += sizeBytes;
      this.transfer.record(sizeBytes, this.#options.platform.now());
      this.#options.staleness?.check(this.#session, this.#stream.stats.fragmentsRead);
    }
    if (!this.expectsAcks) this.#letGoSent();
    this.#options.onRead();
    return sizeBytes;
  }

  isHandingOver(): boolean {
    return this.#lastSequence !== undefined && !this.isComplete();
  }

  handOver(): void {
    this.#stream.endSession();
  }

  unsentBytes(): number {
    return this.isHandingOver() ? 0 : this.#stream.stats.unsentBytes;
  }

  /** Owed is the first ack of a fragment that was sent, and every further one until it is persisted, once it is closed. */
  isAckOwed(): boolean {
    if (!this.expectsAcks && this.#isConnected) return false;
    const lastSequence = this.#lastSequence;
    if (lastSequence !== undefined) return this.#ledger.find(({ sequence }) => sequence <= lastSequence) !== undefined;
    return this.#ledger.find((entry) => entry.isClosed || entry.heardInSession !== this.#session) !== undefined;
  }

  beginSession(session: number): SessionStart {
    this.#session = session;
    this.#isConnected = false;
    this.transfer.restart();
    this.#lastSequence = undefined;
    // After a wait for a key frame it is decided only here what is sent again.
    let resentFragments = this.#awaitsKeyFrame ? this.#rollBackByDuration(false) : 0;
    if (this.#isAwaitedInVain) resentFragments += this.#stream.rollBack('unpersisted');
    if (this.#options.replayUs !== undefined && this.#isAwaited) this.#completeLast();
    this.#isRoomAwaited = false;
    this.#counters.fragmentsResent += resentFragments;
    const status = this.#stream.beginSession();
    if (status < 0) throw coreError(-status, `begin a session of ${this.#options.streamName}`);
    this.#firstSequence = this.#stream.stats.fragmentsRead + 1;
    // The first header is written from what is known now.
    if (session === 1) this.#options.tracksWithoutPrivateData().forEach((track) => this.#tellPrivateDataMissing(track));
    const startUs = this.#stream.streamStartUs;
    this.#timecodes.countFrom(startUs);
    return { startUs, resentFragments };
  }

  endSession(end: SessionEnd): number {
    if (this.isComplete()) return 0;
    this.#noteSent();
    if (end.reason === 'handed-over') {
      this.#options.platform.log('info', 'PutMedia connection is handed over', { stream: this.#options.streamName });
      return 0;
    }
    const resent = this.#rollBack(end.result);
    this.#counters.fragmentsResent += resent;
    // What was persisted and still being sent again has left the store.
    this.#options.onFreed();
    this.#options.platform.log('info', 'PutMedia connection is over', {
      stream: this.#options.streamName,
      reason: end.reason,
      resentFragments: resent,
    });
    return resent;
  }

  /** Moves the read position back; fragments that will be sent again, as far as that is decided. */
  #rollBack(result: number): number {
    if (this.#options.replayUs === undefined) return this.#stream.rollBack('unpersisted');
    const isAllSent = this.#stream.stats.unsentItems === 0;
    if (!isTimeout(result) || !isAllSent || this.isStopped) return this.#rollBackByDuration(isHostAlive(result));
    this.#awaitsKeyFrame = true;
    this.#stream.awaitKeyFrame();
    this.#ledger.close();
    return 0;
  }

  /**
   * The native policy has nothing left to send, and a flush, a stop or a put without room waits for acks of what was received over a
   * connection that is gone: over one that carries nothing none would ever come.
   */
  get #isAwaitedInVain(): boolean {
    if (this.#options.replayUs === undefined || this.#ledger.isEmpty) return false;
    return this.#isAwaited && this.#stream.stats.unsentItems === 0;
  }

  get #isAwaited(): boolean {
    return this.isStopped || this.#ledger.isAwaited || this.#isRoomAwaited;
  }

  /**
   * A put finds no room: the key frame that the native policy waits for may be what cannot be put.
   * @returns whether that is news
   */
  onNoRoom(): boolean {
    if (this.#options.replayUs === undefined || this.#isRoomAwaited) return false;
    this.#isRoomAwaited = true;
    return true;
  }

  /** Ends the fragment that a wait for a key frame has left without its mark: an ack could not free it before, and it is what others wait for. */
  #completeLast(): void {
    if (this.isStopped || this.#ledger.newest?.isClosed !== true) return;
    const status = -this.#stream.endFragment();
    const isMarked =
      status === STATUS.STATUS_MULTIPLE_CONSECUTIVE_EOFR || status === STATUS.STATUS_CONTENT_VIEW_NO_MORE_ITEMS;
    if (status > 0 && !isMarked) throw coreError(status, 'end the fragment');
  }

  #rollBackByDuration(isAlive: boolean): number {
    this.#awaitsKeyFrame = false;
    return this.#losses.rollBackByDuration(this.#options.replayUs ?? 0, isAlive);
  }

  tookProgress(): boolean {
    const progressed = this.#progressed;
    this.#progressed = false;
    return progressed;
  }

  /** What the service says counts, not what was asked for: without retention no PERSISTED ack would ever come (trap T28). */
  onDescribed(description: StreamDescription): void {
    this.#hasRetention = description.retentionHours > 0;
  }

  onReady(): void {
    this.#options.onReady();
  }

  onConnected(): void {
    this.#isConnected = true;
    if (!this.expectsAcks) this.#letGoSent();
    this.#options.platform.log('info', 'PutMedia connection is up', {
      stream: this.#options.streamName,
      session: this.#session,
    });
  }

  onEvent(event: StreamEvent): void {
    this.#options.events.publish(event);
  }

  onAckError(error: AckError): void {
    this.onEvent({ type: 'ack-ignored', error });
  }

  onAck(ack: FragmentAck): SessionEnd | undefined {
    this.#options.acks.publish(ack);
    if (ack.type === 'idle') return undefined;
    if (ack.type === 'error') return this.#takeErrorAck(ack);
    this.#counters.acks[ack.type]++;
    if (!this.expectsAcks) return undefined;
    if (ack.timecode === undefined) {
      this.#ignore(ack, STATUS.STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW);
      return undefined;
    }
    const entry = this.#entryAt(ack.timecode);
    // Without retention RECEIVED is the service's last word.
    const isFinal = ack.type === 'persisted' || (ack.type === 'received' && !this.#hasRetention);
    // What names no fragment frees none: the core would take the one in whose time the timecode lies, and the ledger still owe it.
    const type = entry === undefined ? 'buffering' : isFinal ? 'persisted' : ack.type;
    const outcome = this.#stream.acknowledge(type, ack.timecode);
    if (outcome.status !== STATUS.STATUS_SUCCESS) {
      this.#ignore(ack, outcome.status);
      return undefined;
    }
    // Persisted before, and still in the store only until its repetition is sent to the end.
    if (entry === undefined) return undefined;
    entry.heardInSession = this.#session;
    if (ack.type === 'received' && entry.receivedInSession === 0)
      this.latencies.recordReceived(entry, this.#options.platform.now());
    if (ack.type !== 'buffering') entry.receivedInSession = this.#session;
    if (isFinal) this.#persistThrough(entry, ack);
    if (outcome.coversOpen && !entry.isClosed) entry.isCovered = true;
    return undefined;
  }

  #tellPrivateDataMissing(trackNumber: number): void {
    this.onEvent({ type: 'private-data-missing', trackNumber });
    this.#options.platform.log('warn', 'A track has no codec private data: players will not be able to decode it', {
      stream: this.#options.streamName,
      track: trackNumber,
    });
  }

  #noteSent(): void {
    const { fragmentsRead } = this.#stream.stats;
    const sequence = this.#ledger.lastClosedThrough(fragmentsRead)?.sequence ?? 0;
    this.#sentThrough = Math.max(this.#sentThrough, sequence);
  }

  /** As far as the core releases: up to the fragment, but none that was not sent whole. */
  #persistThrough(entry: LedgerEntry, ack: FragmentAck): void {
    if (entry.sequence > this.#sentThrough) this.#noteSent();
    const last = this.#ledger.lastClosedThrough(Math.min(entry.sequence, this.#sentThrough));
    if (entry.isClosed && last !== entry) this.#ignore(ack, STATUS.STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW);
    if (last === undefined) return;
    this.#settle(last);
    this.#options.onFreed();
  }

  #settle(last: LedgerEntry): void {
    const now = this.#options.platform.now();
    for (const persisted of this.#ledger.persistThrough(last)) {
      this.firstFrameLatency.record(now - persisted.firstPutMs);
      this.lastFrameLatency.record(now - persisted.lastPutMs);
      this.latencies.recordPersisted(persisted, now);
      this.#counters.fragmentsPersisted++;
    }
    this.#isRoomAwaited = false;
    this.#progressed = true;
  }

  /** Without acks, what the session has taken to its end counts as delivered, once the service has answered that it takes anything. */
  #letGoSent(): void {
    if (!this.#isConnected || this.#ledger.isEmpty) return;
    const sent = this.#ledger.lastClosedThrough(this.#stream.stats.fragmentsRead);
    if (sent === undefined) return;
    const timecode = this.#timecodes.onWire(sent);
    const gone = this.#ledger.persistThrough(sent);
    // Fragments that begin in one millisecond leave one at a time.
    for (const entry of gone)
      if (this.#timecodes.onWire(entry) === timecode) this.#stream.acknowledge('persisted', timecode);
    this.#counters.fragmentsSent += gone.length;
    this.#progressed = true;
    this.#options.onFreed();
  }

  #takeErrorAck(ack: FragmentAck): SessionEnd {
    this.#counters.acks.error++;
    const error = new AckError(ack.status, { errorId: ack.errorId, errorCode: ack.errorCode, timecode: ack.timecode });
    if (ack.result !== SERVICE_RESULT.ACK_STREAM_DELETED && !isFragmentRetriable(ack.result)) this.#reject(ack, error);
    return { reason: 'error-ack', result: ack.result, error };
  }

  #reject(ack: FragmentAck, error: AckError): void {
    const named = ack.timecode === undefined ? undefined : this.#entryAt(ack.timecode);
    const meant = named ?? ((ack.timecode ?? 0) === 0 ? this.#oldestUnreceived() : undefined);
    if (meant === undefined) return this.onAckError(error);
    // Of several that begin in one millisecond the core takes the first.
    const entry = this.#entryAt(this.#timecodes.onWire(meant)) ?? meant;
    this.#progressed = true;
    this.#losses.reject(entry, error);
  }

  /** Gives up everything that is not persisted; what follows begins at the next key frame. */
  dropAll(): void {
    this.#losses.dropAll();
  }

  /**
   * The fragment meant by an error ack that names none (or 0, as the service writes when it could not read the timecode). One that is
   * named and not here was dropped meanwhile, and no other has to suffer for it. Fragments are taken in order, so it is the first of those
   * that go over this connection which it did not see RECEIVED.
   */
  #oldestUnreceived(): LedgerEntry | undefined {
    return this.#ledger.find(
      (entry) => entry.sequence >= this.#firstSequence && entry.receivedInSession !== this.#session,
    );
  }

  #ignore(ack: FragmentAck, status: number): void {
    this.onAckError(
      new AckError(status, {
        timecode: ack.timecode,
        errorCode: `${ack.type} ack for a fragment that is not in the store, or was not sent`,
      }),
    );
  }

  #entryAt(timecode: number): LedgerEntry | undefined {
    return this.#ledger.find((entry) => this.#timecodes.onWire(entry) === timecode);
  }
}
