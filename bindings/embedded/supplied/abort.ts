/** Abort signals without an event system. Source: DOM §3; of listeners, `abort` alone is heard. */
import { DOMException } from './dom-exception.ts';

type Listener = (event: AbortEvent) => void;

interface ListenerOptions {
  readonly once?: boolean;
  readonly signal?: AbortSignal;
}

interface AbortEvent {
  readonly type: 'abort';
  readonly target: AbortSignal;
}

/** Says what `new AbortSignal()` by anybody else lacks. */
const MAKER = Symbol('AbortController');
const ABORT = Symbol('abort');

export class AbortSignal {
  #isAborted = false;
  #reason: unknown;
  readonly #listeners = new Set<Listener>();
  onabort: Listener | null = null;

  /** Signals come from a controller. Throws `TypeError` for anybody else. */
  constructor(maker?: symbol) {
    if (maker !== MAKER) throw new TypeError('Illegal constructor: a signal comes from an AbortController');
  }

  /** A signal that is aborted from the beginning. */
  static abort(reason?: unknown): AbortSignal {
    const controller = new AbortController();
    controller.abort(reason);
    return controller.signal;
  }

  /** A signal that is aborted with the first of the others. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const controller = new AbortController();
    for (const signal of signals) {
      const follow = (): void => controller.abort(signal.reason);
      if (signal.aborted) follow();
      else signal.addEventListener('abort', follow, { signal: controller.signal });
    }
    return controller.signal;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  addEventListener(type: string, listener: Listener, { once, signal }: ListenerOptions = {}): void {
    if (type !== 'abort' || this.#isAborted || signal?.aborted) return;
    // A signal is aborted once, so `once` asks for nothing more.
    void once;
    this.#listeners.add(listener);
    signal?.addEventListener('abort', () => this.#listeners.delete(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    if (type === 'abort') this.#listeners.delete(listener);
  }

  /** A listener that throws keeps the others from nothing; what it threw comes out in the end. */
  [ABORT](reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
    const event: AbortEvent = { type: 'abort', target: this };
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    const failures: unknown[] = [];
    for (const listener of [this.onabort, ...listeners]) {
      try {
        listener?.call(this as never, event);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

export class AbortController {
  readonly signal = new AbortSignal(MAKER);

  abort(reason?: unknown): void {
    this.signal[ABORT](reason);
  }
}
