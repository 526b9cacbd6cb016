/** The host of an embedded engine, in Node: what a program in C would do with sockets, a clock and timers. */
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { WebAssemblyHost } from '../../bindings/embedded/host.ts';
import type { CertificatePair } from './certificates.ts';
import { buildFile } from './load-core.ts';

export interface TestHost extends WebAssemblyHost {
  /** What was logged: level, message, details. */
  readonly lines: readonly string[];
  /** Connections that were opened and are not closed, and timers that run. */
  readonly openConnections: number;
  readonly runningTimers: number;
  /** Ends what is left. */
  dispose(): void;
}

/** A socket whose bytes are taken one `receive` at a time. */
interface Link {
  readonly socket: Socket;
  wanted: boolean;
  ended: boolean;
  failure: string;
}

/** Makes a host. `trusted`: certificates in PEM beside the well-known ones; `shown`: the certificate that it shows to whoever asks for one. */
export function createTestHost(name: string, trusted?: string, shown?: CertificatePair): TestHost {
  const links = new Map<number, Link>();
  const timers = new Map<number, NodeJS.Timeout>();
  const lines: string[] = [];
  let lastNumber = 0;

  return {
    name,
    lines,
    connect(hostname, port, isSecure, onWritable, onBytes, onClosed) {
      const number = ++lastNumber;
      const host = hostname.replace(/^\[|\]$/g, '');
      const socket = isSecure
        ? connectTls({
            host,
            port,
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...(trusted === undefined ? {} : { ca: trusted }),
            ...(shown === undefined ? {} : { cert: shown.certificatePem, key: shown.privateKeyPem }),
          })
        : connectTcp({ host, port });
      const link: Link = { socket, wanted: false, ended: false, failure: '' };
      links.set(number, link);
      /** Bytes first, then the end, each when it was asked for. */
      const deliver = (): void => {
        if (!links.has(number)) return;
        if (link.wanted) {
          const piece = socket.read() as Buffer | null;
          if (piece !== null) {
            link.wanted = false;
            onBytes(new Uint8Array(piece).buffer);
            return;
          }
        }
        if (!link.ended || (link.failure === '' && socket.readableLength > 0)) return;
        links.delete(number);
        socket.destroy();
        onClosed(link.failure);
      };
      const end = (failure: string): void => {
        link.ended = true;
        link.failure ||= failure;
        deliver();
      };
      socket.setNoDelay(true);
      socket.on(isSecure ? 'secureConnect' : 'connect', () => links.has(number) && onWritable());
      socket.on('sent', () => links.has(number) && onWritable());
      socket.on('wanted', deliver);
      socket.on('readable', deliver);
      socket.on('end', () => end(''));
      socket.on('error', (error) => end(error.message || 'the connection failed'));
      socket.on('close', () => end(''));
      return number;
    },
    send(connection, bytes) {
      const socket = links.get(connection)?.socket;
      socket?.write(new Uint8Array(bytes), () => socket.emit('sent'));
    },
    receive(connection) {
      const link = links.get(connection);
      if (link === undefined) return;
      link.wanted = true;
      setImmediate(() => link.socket.emit('wanted'));
    },
    close(connection) {
      links.get(connection)?.socket.destroy();
      links.delete(connection);
    },
    now: () => Date.now(),
    setTimer(delayMs, callback) {
      const number = ++lastNumber;
      const timer = setTimeout(() => {
        timers.delete(number);
        callback();
      }, delayMs);
      timers.set(number, timer);
      return number;
    },
    cancelTimer(timer) {
      clearTimeout(timers.get(timer));
      timers.delete(timer);
    },
    randomBytes: (lengthBytes) => randomFillSync(new Uint8Array(lengthBytes)).buffer,
    log: (level, message, details) => void lines.push(`${level}: ${message} ${details}`),
    readCore: (fileName) => new Uint8Array(readFileSync(buildFile(fileName))).buffer,
    get openConnections() {
      return links.size;
    },
    get runningTimers() {
      return timers.size;
    },
    dispose() {
      for (const { socket } of links.values()) socket.destroy();
      links.clear();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
