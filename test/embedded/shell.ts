/**
 * The conformance checks in an engine's shell that can print and read lines, and nothing more: `jsc`. The host is at the other end of
 * the lines. What it has to give at once, random bytes and the core, comes from files.
 */
import type { WebAssemblyHost } from '../../bindings/embedded/host.ts';
import { fromHex, hex } from '../conformance/check.ts';
import { runConformance } from './webassembly.ts';

declare function print(line: string): void;
declare function readline(): string;
declare function readFile(path: string, how: 'binary'): Uint8Array;
declare function drainMicrotasks(): void;

/** The first line. */
interface Setup {
  readonly task: string;
  readonly coreFolder: string;
  readonly randomFile: string;
}

type Callback = (value: string) => void;

const setup = JSON.parse(readline()) as Setup;
const random = readFile(setup.randomFile, 'binary');
let randomAt = 0;
let lastNumber = 0;
/** By the event's name and the number of the connection or timer. */
const callbacks = new Map<string, Callback>();
const tell = (...values: ReadonlyArray<string | number | boolean>): void => print(JSON.stringify(values));

const host: WebAssemblyHost = {
  name: 'jsc',
  connect(hostname, port, isSecure, onWritable, onBytes, onClosed) {
    const number = ++lastNumber;
    callbacks.set(`writable ${number}`, () => onWritable());
    callbacks.set(`bytes ${number}`, (bytes) => onBytes(fromHex(bytes).slice().buffer));
    callbacks.set(`closed ${number}`, onClosed);
    tell('connect', number, hostname, port, isSecure);
    return number;
  },
  send: (connection, bytes) => tell('send', connection, hex(new Uint8Array(bytes))),
  receive: (connection) => tell('receive', connection),
  close(connection) {
    for (const event of ['writable', 'bytes', 'closed']) callbacks.delete(`${event} ${connection}`);
    tell('close', connection);
  },
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const number = ++lastNumber;
    callbacks.set(`timer ${number}`, callback);
    tell('setTimer', number, delayMs);
    return number;
  },
  cancelTimer(timer) {
    callbacks.delete(`timer ${timer}`);
    tell('cancelTimer', timer);
  },
  randomBytes(lengthBytes) {
    const bytes = random.slice(randomAt, (randomAt += lengthBytes));
    if (bytes.length < lengthBytes) throw new Error('The file of random bytes is used up');
    return bytes.buffer;
  },
  readCore: (fileName) => readFile(`${setup.coreFolder}/${fileName}`, 'binary').slice().buffer,
};

let isDone = false;
runConformance(host, setup.task, (results, failure) => {
  isDone = true;
  tell('done', results, failure);
});
for (drainMicrotasks(); !isDone; drainMicrotasks()) {
  const [event, number, value] = JSON.parse(readline()) as [string, number, string];
  callbacks.get(`${event} ${number}`)?.(value);
}
