/** The symbol of `await using`; where the engine does not know it, one of our own, so that no method is called `undefined`. */
export const ASYNC_DISPOSE: symbol = Reflect.get(Symbol, 'asyncDispose') ?? Symbol('asyncDispose');
