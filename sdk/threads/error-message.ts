/** Errors on their way from one thread to another: a clone would lose their class. */
import {
  AckError,
  CorePoisonedError,
  CredentialsError,
  InvalidFrameError,
  KvsError,
  LockAbandonedError,
  NotPersistedError,
  ServiceCallError,
  StoreFullError,
  StoreWaitTimeoutError,
  StreamStoppedError,
  StreamUnavailableError,
} from '../errors.ts';

interface ErrorClass {
  readonly kind: string;
  readonly prototype: KvsError;
}

const CLASSES: readonly ErrorClass[] = [
  AckError,
  CorePoisonedError,
  CredentialsError,
  InvalidFrameError,
  KvsError,
  LockAbandonedError,
  NotPersistedError,
  ServiceCallError,
  StoreFullError,
  StoreWaitTimeoutError,
  StreamStoppedError,
  StreamUnavailableError,
];

/** By their names. As the namespace of their module they would be in every bundle that has one of them. */
export const ERROR_CLASSES: ReadonlyMap<string, ErrorClass> = new Map(CLASSES.map((type) => [type.kind, type]));

/** An error as plain data, fit for JSON. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  /** What the error carries beside its message. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: ErrorMessage;
}

/** Longest message and longest field, and how many causes are told. */
const MAX_MESSAGE_CHARACTERS = 800;
const MAX_FIELD_CHARACTERS = 400;
const MAX_CAUSES = 3;

export function errorToMessage(error: unknown, causes = MAX_CAUSES): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const { name, message, cause, stack: _stack, ...fields } = error as Error & Record<string, unknown>;
  const plain = Object.entries(fields)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([field, value]) => [field, typeof value === 'string' ? value.slice(0, MAX_FIELD_CHARACTERS) : value]);
  return {
    name,
    message: message.slice(0, MAX_MESSAGE_CHARACTERS),
    fields: Object.fromEntries(plain),
    ...(cause === undefined || causes === 0 ? {} : { cause: errorToMessage(cause, causes - 1) }),
  };
}

/** An error as JSON of at most so many bytes of UTF-8: with fewer causes, and without its texts, where it is longer. */
export function errorToText(error: unknown, maxBytes: number): string {
  const encoder = new TextEncoder();
  for (let causes = MAX_CAUSES; causes >= 0; causes--) {
    const text = JSON.stringify(errorToMessage(error, causes));
    if (encoder.encode(text).length <= maxBytes) return text;
  }
  const { name, message, fields } = errorToMessage(error, 0);
  const numbers = Object.entries(fields).filter(([, value]) => typeof value !== 'string');
  // A character of JSON is at most six bytes.
  const short = message.slice(0, Math.floor(maxBytes / 12));
  return JSON.stringify({ name: name.slice(0, 100), message: short, fields: Object.fromEntries(numbers) });
}

/** The error again, of the same class; its stack is of this thread. */
export function errorFromMessage({ name, message, fields, cause }: ErrorMessage): Error {
  const options = cause === undefined ? {} : { cause: errorFromMessage(cause) };
  const type = ERROR_CLASSES.get(name);
  if (typeof fields.status !== 'number' || type === undefined)
    return Object.assign(name === 'TypeError' ? new TypeError(message, options) : new Error(message, options), fields);
  // The class is told by its brand and its prototype; its own constructor would make another message.
  const { prototype } = type;
  const error = Object.setPrototypeOf(new Error(message, options), prototype) as KvsError;
  return Object.assign(branded(error, prototype), { name, ...fields });
}

function branded(error: KvsError, prototype: KvsError): KvsError {
  const kinds: string[] = [];
  for (let type = prototype.constructor as typeof KvsError; type.kind !== undefined; type = Object.getPrototypeOf(type))
    kinds.push(type.kind);
  return Object.defineProperty(error, Symbol.for('penstock.KvsError'), { value: kinds });
}
