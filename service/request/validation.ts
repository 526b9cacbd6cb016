/**
 * Input checking from declarative tables, in the vocabulary of the public API model: lengths, patterns, enums, ranges,
 * required members. One table both checks a request and types it.
 */

import { invalidArgument } from '../errors.ts';
import type { JsonObject } from './json-body.ts';

interface Optional {
  /** Absent means optional. */
  readonly required?: true;
}

export type Constraint = Optional &
  (
    | { readonly type: 'string'; readonly minLength?: number; readonly maxLength?: number; readonly pattern?: RegExp }
    | { readonly type: 'enum'; readonly values: readonly string[] }
    | { readonly type: 'integer'; readonly min: number; readonly max?: number }
    /** Seconds since the epoch, fraction allowed, as restJson1 carries time. */
    | { readonly type: 'timestamp' }
    | { readonly type: 'list'; readonly minLength: number; readonly maxLength: number; readonly item: Constraint }
    | { readonly type: 'map'; readonly minLength: number; readonly key: Constraint; readonly value: Constraint }
    | { readonly type: 'structure'; readonly members: Shape }
  );

/** The members of a request or of a structure in it. Members that are not listed are ignored, as AWS does. */
export type Shape = Readonly<Record<string, Constraint>>;

type ValueOf<C> = C extends { readonly type: 'string' }
  ? string
  : C extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
    ? V
    : C extends { readonly type: 'integer' | 'timestamp' }
      ? number
      : C extends { readonly type: 'list'; readonly item: infer I }
        ? readonly ValueOf<I>[]
        : C extends { readonly type: 'map'; readonly value: infer V }
          ? Readonly<Record<string, ValueOf<V>>>
          : C extends { readonly type: 'structure'; readonly members: infer S }
            ? InputOf<S>
            : never;

/** The type of a request that passed `checkInput`. */
export type InputOf<S> = {
  readonly [M in keyof S as S[M] extends { readonly required: true } ? M : never]: ValueOf<S[M]>;
} & {
  readonly [M in keyof S as S[M] extends { readonly required: true } ? never : M]?: ValueOf<S[M]>;
};

/**
 * Checks a request against its table and returns it typed.
 * @throws ServiceError InvalidArgumentException naming the first member at fault and what was wrong with it
 */
export function checkInput<const S extends Shape>(shape: S, input: JsonObject): InputOf<S> {
  return checkMembers('', shape, input) as InputOf<S>;
}

function checkMembers(path: string, shape: Shape, input: JsonObject): JsonObject {
  const checked: Record<string, unknown> = {};
  for (const [name, constraint] of Object.entries(shape)) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    if (value !== undefined && value !== null) {
      checked[name] = checkValue(path + name, constraint, value);
    } else if (constraint.required) {
      throw invalidArgument(`${path}${name} is required`);
    }
  }
  return checked;
}

function checkValue(path: string, constraint: Constraint, value: unknown): unknown {
  switch (constraint.type) {
    case 'string':
      return checkString(path, constraint, value);
    case 'enum':
      if (typeof value === 'string' && constraint.values.includes(value)) return value;
      throw invalidArgument(`${path} must be one of ${constraint.values.join(', ')}`);
    case 'integer':
      return checkInteger(path, constraint, value);
    case 'timestamp':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw invalidArgument(`${path} must be a number of seconds since the epoch`);
    case 'list':
      if (!Array.isArray(value)) throw invalidArgument(`${path} must be a list`);
      checkCount(path, value.length, constraint.minLength, constraint.maxLength);
      return value.map((item, index) => checkValue(`${path}[${index}]`, constraint.item, item));
    case 'map':
      return checkMap(path, constraint, value);
    case 'structure':
      return checkMembers(`${path}.`, constraint.members, asObject(path, value));
  }
}

function checkString(path: string, constraint: Extract<Constraint, { type: 'string' }>, value: unknown): string {
  if (typeof value !== 'string') throw invalidArgument(`${path} must be a string`);
  const { minLength = 0, maxLength = Infinity, pattern } = constraint;
  // The model counts code points, not UTF-16 units.
  const length = value.length <= maxLength ? value.length : [...value].length;
  if (length < minLength || length > maxLength) {
    throw invalidArgument(`${path} must have ${minLength} to ${maxLength} characters, has ${length}`);
  }
  if (pattern !== undefined && !pattern.test(value)) throw invalidArgument(`${path} must match ${pattern.source}`);
  return value;
}

function checkInteger(path: string, constraint: Extract<Constraint, { type: 'integer' }>, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw invalidArgument(`${path} must be an integer`);
  const { min, max } = constraint;
  if (value < min) throw invalidArgument(`${path} must be at least ${min}, is ${value}`);
  if (max !== undefined && value > max) throw invalidArgument(`${path} must be at most ${max}, is ${value}`);
  return value;
}

function checkMap(path: string, constraint: Extract<Constraint, { type: 'map' }>, value: unknown): JsonObject {
  const entries = Object.entries(asObject(path, value));
  checkCount(path, entries.length, constraint.minLength, Infinity);
  const checked: [string, unknown][] = entries.map(([key, item]) => {
    checkValue(`${path} key "${key}"`, constraint.key, key);
    return [key, checkValue(`${path}["${key}"]`, constraint.value, item)];
  });
  // Built from entries, so that a key such as __proto__ stays a plain key.
  return Object.fromEntries(checked);
}

function checkCount(path: string, count: number, min: number, max: number): void {
  if (count < min) throw invalidArgument(`${path} must have at least ${min} entries, has ${count}`);
  if (count > max) throw invalidArgument(`${path} must have at most ${max} entries, has ${count}`);
}

function asObject(path: string, value: unknown): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalidArgument(`${path} must be a JSON object`);
}
