/** Real engines without anything of the web platform, in this process: QuickJS, and a bare context of V8. */
import { createContext, Script } from 'node:vm';
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';

/** What may cross: no promise, no object but the one that holds the host's functions. */
export type Crossing = number | string | boolean | undefined | ArrayBuffer | ((...values: never[]) => void);

/** An engine into which a module was loaded. */
export interface Engine {
  /** Calls a function that the module exports. A host is an object of functions. Throws what it threw, as text. */
  call(name: string, ...values: ReadonlyArray<Crossing | object>): Crossing;
  dispose(): void;
}

/** An engine that counts what it has allocated. */
export interface MeasuredEngine extends Engine {
  memoryBytes(): number;
}

/** Its declarations are those of a CommonJS module, and mean another default. */
const VARIANT = variant as unknown as QuickJSSyncVariant;

/** A fresh QuickJS with a module in it; `imports`: the texts of the modules that it may import, by name. Its memory is not limited unless asked. */
export async function startQuickJs(
  module: string,
  imports: Readonly<Record<string, string>> = {},
  memoryLimitBytes?: number,
): Promise<MeasuredEngine> {
  const quickJs = await newQuickJSWASMModuleFromVariant(VARIANT);
  const context = quickJs.newContext();
  if (memoryLimitBytes !== undefined) context.runtime.setMemoryLimit(memoryLimitBytes);
  context.runtime.setModuleLoader(
    (name) => imports[name] ?? { error: new Error(`There is no module ${name}`) },
    (_base, name) => name,
  );
  const exports = context.unwrapResult(context.evalCode(module, 'bundle.js', { type: 'module' }));
  const bridge = new QuickJsBridge(context);
  bridge.runJobs();
  return {
    call: (name, ...values) => bridge.call(exports, name, values),
    memoryBytes() {
      const usage = context.runtime.computeMemoryUsage();
      const { memory_used_size: usedBytes } = context.dump(usage) as { readonly memory_used_size: number };
      usage.dispose();
      return usedBytes;
    },
    // Its memory goes with the instance of WebAssembly that it lives in.
    dispose: () => bridge.close(),
  };
}

/** Carries values in and out of QuickJS. */
class QuickJsBridge {
  readonly #context: QuickJSContext;
  #isOver = false;

  constructor(context: QuickJSContext) {
    this.#context = context;
  }

  call(target: QuickJSHandle, name: string, values: ReadonlyArray<Crossing | object>): Crossing {
    const called = this.#context.getProp(target, name);
    try {
      return this.#callFunction(called, values);
    } finally {
      called.dispose();
    }
  }

  /** What an embedder does after each call into the engine. */
  runJobs(): void {
    const done = this.#context.runtime.executePendingJobs();
    if (done.error) {
      const { error } = done;
      const text = JSON.stringify(this.#context.dump(error));
      error.dispose();
      throw new Error(`A job failed: ${text}`);
    }
  }

  /** Callbacks that come later find nobody. */
  close(): void {
    this.#isOver = true;
  }

  #callFunction(called: QuickJSHandle, values: ReadonlyArray<Crossing | object>): Crossing {
    const handles = values.map((value) => this.#in(value));
    const result = this.#context.unwrapResult(this.#context.callFunction(called, this.#context.undefined, ...handles));
    for (const handle of handles) handle.dispose();
    const value = this.#out(result);
    result.dispose();
    this.runJobs();
    return value;
  }

  #in(value: Crossing | object): QuickJSHandle {
    const context = this.#context;
    if (typeof value === 'number') return context.newNumber(value);
    if (typeof value === 'string') return context.newString(value);
    if (typeof value === 'boolean') return value ? context.true : context.false;
    if (value instanceof ArrayBuffer) return context.newArrayBuffer(value);
    if (typeof value === 'function') return this.#function(value as (...values: unknown[]) => unknown);
    if (value === undefined) return context.undefined;
    const object = context.newObject();
    for (const [name, member] of Object.entries(value) as ReadonlyArray<[string, Crossing]>) {
      if (typeof member !== 'function' && typeof member !== 'string') continue;
      const handle = this.#in(member);
      context.setProp(object, name, handle);
      handle.dispose();
    }
    return object;
  }

  #function(target: (...values: unknown[]) => unknown): QuickJSHandle {
    return this.#context.newFunction(target.name || 'host', (...handles) =>
      this.#in(target(...handles.map((handle) => this.#out(handle))) as Crossing),
    );
  }

  #out(handle: QuickJSHandle): Crossing {
    const context = this.#context;
    const type = context.typeof(handle);
    if (type === 'number') return context.getNumber(handle);
    if (type === 'string') return context.getString(handle);
    if (type === 'boolean') return context.dump(handle) as boolean;
    if (type === 'undefined') return undefined;
    if (type === 'function') {
      const kept = handle.dup();
      return (...values: Crossing[]) => {
        if (!this.#isOver) this.#callFunction(kept, values);
      };
    }
    const lifetime = context.getArrayBuffer(handle);
    const bytes = lifetime.value.slice();
    lifetime.dispose();
    return bytes.buffer;
  }
}

/** Names that a context of V8 has beside those of the language. */
const NOT_OF_THE_LANGUAGE = ['console'];

/** A fresh context of V8 with the language, WebAssembly and nothing else; the module comes as a script that sets `bundle`. */
export function startBareV8(script: string): Engine {
  const context = createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: true } });
  new Script(NOT_OF_THE_LANGUAGE.map((name) => `delete globalThis.${name};`).join('')).runInContext(context);
  new Script(`${script}\nglobalThis.bundle = bundle;`, { filename: 'bundle.js' }).runInContext(context);
  const { bundle } = context as { readonly bundle: Readonly<Record<string, (...values: unknown[]) => Crossing>> };
  return {
    call: (name, ...values) => bundle[name]?.(...values),
    dispose: () => undefined,
  };
}
