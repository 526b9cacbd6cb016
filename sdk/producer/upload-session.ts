/**
 * One PutMedia connection, from its request to its end: the body is pulled out of the core as the network takes it, the acks
 * are read meanwhile, and a connection that owes an answer and gives none is given up.
 */
import { readErrorAnswer } from '../aws/answer.ts';
import { unanswered } from '../aws/network-failure.ts';
import { type AckError, KvsError, ServiceCallError } from '../errors.ts';
import type { PlatformRequest, PlatformResponse, Timer } from '../platform.ts';
import * as SERVICE_RESULT from '../service-results.ts';
import { AckParser, type FragmentAck } from './acks.ts';
import type { UploadTransport } from './service-calls.ts';
import { UploadSlab } from './upload-slab.ts';
import { Wakeup } from './wakeup.ts';

/** Why a connection ended. */
export type SessionEndReason =
  | 'finished'
  | 'handed-over'
  | 'closed'
  | 'refused'
  | 'lost'
  | 'stalled'
  | 'stale'
  | 'latency'
  | 'error-ack'
  | 'reset'
  | 'aborted';

export interface SessionEnd {
  readonly reason: SessionEndReason;
  /** Service result that the end stands for (`SERVICE_RESULT`). */
  readonly result: number;
  readonly error?: KvsError;
}

/** The stream behind a connection. */
export interface SessionSource {
  /** Copies the next bytes of the stream into `into`; returns how many, 0 for none now. */
  read(into: Uint8Array): number;
  /** Nothing will ever come after what was read: the body can end. */
  isComplete(): boolean;
  /** What was read is all that this connection is to carry; what comes after it goes over the next one. */
  isHandingOver(): boolean;
  /** Bytes that are ready to be read over this connection. */
  unsentBytes(): number;
  /** Whether the service was asked for acks. */
  readonly expectsAcks: boolean;
  /** The service owes an ack for something that was sent, or its answer. */
  isAckOwed(): boolean;
  /** The service answered 200. */
  onConnected(): void;
  /** Takes an ack; an end returned for it ends the connection. */
  onAck(ack: FragmentAck): SessionEnd | undefined;
  onAckError(error: AckError): void;
}

/** How long a finished connection may take to end by itself, milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

function lost(error: unknown): SessionEnd {
  const known = error instanceof KvsError ? error : unanswered('PutMedia', error, false);
  return { reason: 'lost', result: SERVICE_RESULT.UNKNOWN, error: known };
}

/** What answers 200 and then no ack may be anything but the service: a proxy's page, or another server on that port. */
function answeredWithoutAcks(response: PlatformResponse): KvsError {
  return new ServiceCallError({
    operation: 'PutMedia',
    httpStatus: response.status,
    requestId: response.header('x-amzn-requestid') ?? undefined,
    result: SERVICE_RESULT.UNKNOWN,
    reason: `the answer (${response.header('content-type') ?? 'of no type'}) ended without an ack`,
  });
}

export class UploadSession {
  readonly #platform: UploadTransport;
  readonly #source: SessionSource;
  readonly #stallTimeoutMs: number;
  readonly #abort = new AbortController();
  readonly #wakeup = new Wakeup();
  readonly #slab: UploadSlab;
  readonly #ended: Promise<SessionEnd>;
  #resolveEnded!: (end: SessionEnd) => void;
  #end: SessionEnd | undefined;
  /** Everything was sent and acknowledged; what is left is the service's end of the response. */
  #bodyEnded = false;
  /** The body has ended in front of what the next connection carries. */
  #isHandover = false;
  #isBodyRefused = false;
  /** The last read took all there was, and nothing was heard of since: networks ask for the next piece when they have one. */
  #isDrained = false;
  #timer: Timer | undefined;
  /** Last sign of life since the timer was started, wall clock, milliseconds; NaN for none. */
  #progressMs = NaN;

  /** `slab`: what other connections use too. */
  constructor(platform: UploadTransport, source: SessionSource, stallTimeoutMs: number, slab = new UploadSlab()) {
    this.#platform = platform;
    this.#source = source;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#slab = slab;
    this.#ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  /** Sends the request and resolves when the connection is over. Never rejects. `request` lacks only body and signal. */
  run(request: Omit<PlatformRequest, 'body' | 'signal'>): Promise<SessionEnd> {
    // Raced, not awaited: the end must not hang on a network that does not heed its abort signal.
    void this.#converse(request).then((end) => this.#conclude(end));
    return this.#ended;
  }

  async #converse(request: Omit<PlatformRequest, 'body' | 'signal'>): Promise<SessionEnd> {
    try {
      this.#watch();
      const body = new ReadableStream<Uint8Array>(
        { pull: (controller) => this.#pull(controller), cancel: () => this.#onBodyRefused() },
        { highWaterMark: 0 },
      );
      const response = await this.#platform.fetch({ ...request, body, signal: this.#abort.signal });
      this.#alive();
      return await this.#follow(response);
    } catch (error) {
      // Never a network's own error: a transport that says with what result the connection ended.
      if (error instanceof ServiceCallError) return { reason: 'refused', result: error.result, error };
      return lost(error);
    }
  }

  /** There is news in the stream: data, an ack that completes it, or its stop. */
  wake(): void {
    this.#isDrained = false;
    this.#wakeup.notify();
    this.#watch();
    this.#settleHandover();
  }

  /** Ends the connection from this side, for another to take its place. */
  reset(reason: 'reset' | 'stale' | 'latency', error?: KvsError): void {
    const result = reason === 'stale' ? SERVICE_RESULT.NETWORK_READ_TIMEOUT : SERVICE_RESULT.OK;
    this.#conclude({ reason, result, ...(error === undefined ? {} : { error }) });
  }

  /** Ends the connection from this side. */
  abort(error?: KvsError): void {
    this.#conclude({ reason: 'aborted', result: SERVICE_RESULT.OK, ...(error === undefined ? {} : { error }) });
  }

  async #follow(response: PlatformResponse): Promise<SessionEnd> {
    if (response.status !== SERVICE_RESULT.OK) {
      const error = await readErrorAnswer(response, 'PutMedia');
      return { reason: 'refused', result: error.result, error };
    }
    this.#source.onConnected();
    let hasAcks = false;
    const parser = new AckParser(
      (ack) => {
        hasAcks = true;
        if (this.#end !== undefined) return;
        // Acks are signs of life, not bytes: what trickles without ever becoming one keeps nothing open.
        this.#alive();
        const end = this.#source.onAck(ack);
        if (end !== undefined) this.#conclude(end);
      },
      (error) => this.#source.onAckError(error),
    );
    const reader = response.body?.getReader();
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done || this.#end !== undefined) break;
      this.#isDrained = false;
      parser.push(piece.value);
      this.#settleHandover();
    }
    if (this.#source.isComplete()) return { reason: 'finished', result: SERVICE_RESULT.OK };
    if (this.#isHandover && !this.#source.isAckOwed()) return { reason: 'handed-over', result: SERVICE_RESULT.OK };
    const end = { reason: 'closed', result: SERVICE_RESULT.OK } as const;
    return hasAcks || !this.#source.expectsAcks ? end : { ...end, error: answeredWithoutAcks(response) };
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      // What waits here must not hold on to a piece, and with it to the slab that others were cut from.
      while (this.#end === undefined && !this.#offer(controller)) await this.#wakeup.wait();
      if (this.#end !== undefined) controller.error(new DOMException('The connection is over', 'AbortError'));
    } catch (error) {
      this.#conclude(lost(error));
      controller.error(error);
    }
  }

  /** Gives the network what there is: a piece, or the end of the body. False while there is neither. */
  #offer(controller: ReadableStreamDefaultController<Uint8Array>): boolean {
    if (this.#isBodyRefused) return true;
    const piece = this.#isDrained ? undefined : this.#nextPiece();
    if (piece !== undefined) {
      controller.enqueue(piece);
      // A network that takes a backlog is alive; one that takes what little there is may be a dead socket's buffer.
      if (!this.#isDrained) this.#progressMs = this.#platform.now();
      this.#watch();
    } else if (this.#source.isComplete()) {
      this.#endBody();
      controller.close();
    } else if (this.#source.isHandingOver()) {
      this.#isHandover = true;
      controller.close();
      this.#settleHandover();
    } else return false;
    return true;
  }

  /** The network wants no more of the body: why is the response's to say, or that of the failing request. */
  #onBodyRefused(): void {
    this.#isBodyRefused = true;
    this.#wakeup.notify();
  }

  /** Undefined when there is nothing to send. */
  #nextPiece(): Uint8Array | undefined {
    const piece = this.#slab.cut(this.#read);
    this.#isDrained = !this.#slab.isUsedUp;
    return piece.length > 0 ? piece : undefined;
  }

  readonly #read = (into: Uint8Array): number => this.#source.read(into);

  /** Everything was sent and acknowledged. A service that then keeps its side open is left behind. */
  #endBody(): void {
    if (this.#bodyEnded) return;
    this.#bodyEnded = true;
    this.#timer?.cancel();
    this.#timer = this.#platform.setTimer(CLOSE_TIMEOUT_MS, () =>
      this.#conclude({
        reason: this.#isHandover && !this.#source.isComplete() ? 'handed-over' : 'finished',
        result: SERVICE_RESULT.OK,
      }),
    );
  }

  /** A handover waits for the acks of what was sent; until then the connection may be lost like any other. */
  #settleHandover(): void {
    if (!this.#isHandover || this.#end !== undefined) return;
    if (this.#source.isAckOwed()) this.#watch();
    else this.#endBody();
  }

  /** Settles how the connection ended, once, and takes it down. */
  #conclude(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timer?.cancel();
    this.#abort.abort(new DOMException(`The connection is over: ${end.reason}`, 'AbortError'));
    this.#wakeup.notify();
    this.#resolveEnded(end);
  }

  #alive(): void {
    this.#progressMs = this.#platform.now();
    this.#watch();
  }

  /** Starts the stall timer where something is owed and none runs. */
  #watch(): void {
    if (this.#timer !== undefined || this.#end !== undefined || this.#bodyEnded) return;
    if (this.#isOwed()) this.#arm(this.#stallTimeoutMs);
  }

  #arm(delayMs: number): void {
    const armedMs = this.#platform.now();
    this.#progressMs = NaN;
    this.#timer = this.#platform.setTimer(delayMs, () => {
      this.#timer = undefined;
      if (this.#end !== undefined || this.#bodyEnded || !this.#isOwed()) return;
      // The wall clock may jump: it only says when, within the timer's own time, the last sign of life was.
      const progressAfterMs = Math.min(Math.max(this.#progressMs - armedMs, 0), delayMs);
      const remainingMs = this.#stallTimeoutMs - (delayMs - progressAfterMs);
      if (remainingMs > 0) this.#arm(remainingMs);
      else
        this.#conclude({ reason: 'stalled', result: SERVICE_RESULT.NETWORK_READ_TIMEOUT, error: this.#stallError() });
    });
  }

  #isOwed(): boolean {
    return this.#source.unsentBytes() > 0 || this.#source.isAckOwed();
  }

  #stallError(): KvsError {
    return new ServiceCallError({
      operation: 'PutMedia',
      result: SERVICE_RESULT.NETWORK_READ_TIMEOUT,
      reason: `no sign of life for ${this.#stallTimeoutMs} ms`,
    });
  }
}
