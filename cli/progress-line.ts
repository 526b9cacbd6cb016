/** One line on a terminal that is rewritten in place; plain lines, fewer of them, where there is no terminal. */

/** Often enough to look alive, seldom enough to cost nothing. */
const TERMINAL_PERIOD_MS = 100;
/** A log file wants a heartbeat, not an animation. */
const LOG_PERIOD_MS = 5000;

export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine implements Disposable {
  readonly #output: ProgressOutput;
  readonly #render: () => string;
  readonly #isTerminal: boolean;
  readonly #timer: NodeJS.Timeout;
  #isDrawn = false;

  /** @param render called for each redraw; must return one line */
  constructor(output: ProgressOutput, render: () => string) {
    this.#output = output;
    this.#render = render;
    this.#isTerminal = output.isTTY === true;
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? TERMINAL_PERIOD_MS : LOG_PERIOD_MS);
    this.#timer.unref();
  }

  /** Prints a line that stays, above the progress line. */
  note(text: string): void {
    this.#erase();
    this.#output.write(`${text}\n`);
  }

  /** Stops redrawing and leaves the terminal at the beginning of an empty line. Safe to call twice. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #draw(): void {
    const text = this.#render();
    if (!this.#isTerminal) {
      this.#output.write(`${text}\n`);
      return;
    }
    this.#output.write(`\r\u001b[2K${text.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#isDrawn = true;
  }

  #erase(): void {
    if (this.#isDrawn) this.#output.write('\r\u001b[2K');
    this.#isDrawn = false;
  }
}
