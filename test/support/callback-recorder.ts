/** A provider of every callback that writes down what it is called with, and answers only where a test wants it to. */
import {
  CALLBACK_KINDS,
  type CallbackKind,
  type CallbackName,
  type CallbackProvider,
} from '../../sdk/producer/callbacks/index.ts';

type Callbacks = Omit<CallbackProvider, 'hears' | 'free'>;
export type Overrides = { [N in CallbackName]?: Callbacks[N] };
/** What a callback is given; undefined for those that are given nothing. */
type Given<N extends CallbackName> = Parameters<NonNullable<Callbacks[N]>>[0];

/** Every callback that any recorder of this process was called by. */
const everCalled = new Set<CallbackName>();

/** The callbacks of some kinds that no recorder of this process was called by. */
export function neverCalled(...kinds: ReadonlyArray<CallbackKind>): CallbackName[] {
  const names = Object.keys(CALLBACK_KINDS) as CallbackName[];
  return names.filter((name) => kinds.includes(CALLBACK_KINDS[name]) && !everCalled.has(name));
}

export class CallbackRecorder {
  readonly names: CallbackName[] = [];
  readonly callbacks: CallbackProvider;
  readonly #given: Array<{ readonly name: CallbackName; readonly given: unknown }> = [];

  constructor(overrides: Overrides = {}) {
    const entries = (Object.keys(CALLBACK_KINDS) as CallbackName[]).map((name) => [
      name,
      (...args: unknown[]): unknown => {
        everCalled.add(name);
        this.names.push(name);
        this.#given.push({ name, given: args[0] });
        return (overrides[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
      },
    ]);
    this.callbacks = Object.fromEntries(entries) as CallbackProvider;
  }

  /** Options under which it hears everything in front of the defaults; the platform stays as it is. */
  get options(): Record<'clientCallbacks' | 'streamCallbacks' | 'apiCallbacks' | 'authCallbacks', CallbackProvider> {
    const { callbacks } = this;
    return {
      clientCallbacks: callbacks,
      streamCallbacks: callbacks,
      apiCallbacks: callbacks,
      authCallbacks: callbacks,
    };
  }

  /** A provider of these alone. */
  only<N extends CallbackName>(...names: readonly N[]): Pick<CallbackProvider, N> {
    return Object.fromEntries(names.map((name) => [name, this.callbacks[name]])) as Pick<CallbackProvider, N>;
  }

  /** What a callback was given, call by call. */
  of<N extends CallbackName>(name: N): Array<Given<N>> {
    return this.#given.filter((call) => call.name === name).map((call) => call.given as Given<N>);
  }
}
