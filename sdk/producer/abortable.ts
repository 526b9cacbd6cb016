/** The promise, unless one of the signals is aborted before it settles: then it rejects with that signal's reason. */
export function abortable<T>(promise: Promise<T>, ...signals: ReadonlyArray<AbortSignal | undefined>): Promise<T> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    for (const signal of signals) {
      if (signal === undefined) continue;
      const onAbort = (): void => {
        settled.abort();
        reject(signal.reason);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { signal: settled.signal });
    }
    promise.then(resolve, reject).finally(() => settled.abort());
  });
}
