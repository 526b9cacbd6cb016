/** A TCP proxy on loopback that fails on purpose: resets connections, or lets them hang, at a chosen byte or moment. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { resetSocket } from './reset-socket.ts';

export interface CutWay {
  /** Which way the bytes are counted. @default 'upload' */
  readonly direction?: 'upload' | 'download';
  /** `reset`: both sockets are torn down. `stall`: the connection stays open and carries nothing more. @default 'reset' */
  readonly mode?: 'reset' | 'stall';
}

export interface CuttingProxyOptions extends CutWay {
  /** Bytes to let pass, counted over all connections, before the cut. Default: never cuts. */
  readonly cutAfterBytes?: number;
}

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** The target's scheme, and the proxy's address. */
  readonly url: string;
  /** Cuts made. */
  readonly cuts: number;
  /** Bytes passed in the counted direction. */
  readonly passedBytes: number;
  /** Cuts once more after this many further bytes, in the way that the proxy was started with unless told otherwise. */
  cutAfter(bytes: number, way?: CutWay): void;
  /** Resets every open connection on both sides, at once and without a word. New ones pass. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a service, whose address may change, or come to be known later. After a cut it passes everything until `cutAfter` is called. */
export async function startCuttingProxy(
  targetUrl: string | (() => string),
  options: CuttingProxyOptions = {},
): Promise<CuttingProxy> {
  const currentTarget = (): URL => new URL(typeof targetUrl === 'string' ? targetUrl : targetUrl());
  let { direction = 'upload', mode = 'reset' } = options;
  const sockets = new Set<Socket>();
  let remainingBytes = options.cutAfterBytes ?? Infinity;
  let cuts = 0;
  let passedBytes = 0;

  const server = createServer((near) => {
    const target = currentTarget();
    const far = connect(Number(target.port), target.hostname);
    let isStalled = false;
    const tearDown = (): void => {
      resetSocket(near);
      resetSocket(far);
    };
    const cut = (): void => {
      cuts++;
      remainingBytes = Infinity;
      if (mode === 'reset') tearDown();
      else isStalled = true;
    };
    const pipe = (from: Socket, to: Socket, way: 'upload' | 'download'): void => {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        // A half-open link swallows what its send buffer takes and answers nothing.
        if (isStalled) return;
        const isCounted = way === direction;
        const passed = isCounted && bytes.length > remainingBytes ? bytes.subarray(0, remainingBytes) : bytes;
        if (isCounted) {
          remainingBytes -= passed.length;
          passedBytes += passed.length;
        }
        if (passed.length > 0 && !to.write(passed)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
        if (passed.length < bytes.length) cut();
      });
      from.on('end', () => isStalled || to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    pipe(near, far, 'upload');
    pipe(far, near, 'download');
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    port,
    get url() {
      return `${currentTarget().protocol}//127.0.0.1:${port}`;
    },
    get cuts() {
      return cuts;
    },
    get passedBytes() {
      return passedBytes;
    },
    cutAfter(bytes, way = {}) {
      remainingBytes = bytes;
      ({ direction = direction, mode = mode } = way);
    },
    cut() {
      cuts++;
      for (const socket of sockets) resetSocket(socket);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
