import { ProxyRefusedError } from '../../sdk/aws/network-failure.ts';

/** The words by which fetch implementations tell of a tunnel that was refused, deep inside other errors: undici's and Bun's, with the status. */
const REFUSALS: readonly RegExp[] = [
  /^Proxy response \((\d{3})\)/,
  /^Proxy refused to open a tunnel: (\d{3})/,
  /proxy authentication required/,
];
/** What Deno tells in words alone. */
const AUTHENTICATION_REQUIRED = 407;

/** The refusal of a proxy behind a fetch's error; undefined where it was something else. */
export function proxyRefusal(error: unknown, proxy: URL): ProxyRefusedError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    const { message } = cause;
    const found = REFUSALS.map((words) => words.exec(message)).find((match) => match !== null);
    if (found)
      return new ProxyRefusedError(proxy.origin, Number(found[1] ?? AUTHENTICATION_REQUIRED), { cause: error });
  }
  return undefined;
}
