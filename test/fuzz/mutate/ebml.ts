/** Mutations of EBML: they find the elements, and change ids, sizes and places. */
import * as ids from '../../../assembly/ebml/ids.ts';
import type { Random } from '../random.ts';
import { type Mutator, replace } from './bytes.ts';

const KNOWN_IDS: readonly number[] = Object.values(ids);
const MASTERS: ReadonlySet<number> = new Set([
  ids.EBML_HEADER,
  ids.SEGMENT,
  ids.INFO,
  ids.TRACKS,
  ids.TRACK_ENTRY,
  ids.VIDEO,
  ids.AUDIO,
  ids.CLUSTER,
  ids.BLOCK_GROUP,
  ids.TAGS,
  ids.TAG,
  ids.TARGETS,
  ids.SIMPLE_TAG,
]);
const UNKNOWN_SIZE = 0xff;
const LONGEST_CONTENT_BYTES = 24;

interface Element {
  readonly at: number;
  readonly idBytes: number;
  readonly sizeBytes: number;
  /** Behind its content, as far as there is any; behind its header when the size is not known. */
  readonly end: number;
}

/** Elements in the order of the bytes; children follow their masters. What does not look like an element is passed over. */
function elementsOf(input: Uint8Array, from: number): Element[] {
  const elements: Element[] = [];
  for (let at = from; at < input.length;) {
    const idBytes = Math.clz32(input[at] as number) - 23;
    const sizeBytes = Math.clz32(input[at + idBytes] ?? 0) - 23;
    if (idBytes > 4 || sizeBytes > 8) {
      at++;
      continue;
    }
    const id = bigEndian(input, at, idBytes);
    const content = at + idBytes + sizeBytes;
    const size = bigEndian(input, at + idBytes, sizeBytes) - 2 ** (7 * sizeBytes);
    const end = size === 2 ** (7 * sizeBytes) - 1 ? content : Math.min(input.length, content + size);
    elements.push({ at, idBytes, sizeBytes, end });
    at = MASTERS.has(id) ? content : end;
  }
  return elements;
}

function bigEndian(input: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (input[at + i] ?? 0);
  return value;
}

function idOf(random: Random): number[] {
  const id = random.pick(KNOWN_IDS);
  return [id >>> 24, (id >>> 16) & 255, (id >>> 8) & 255, id & 255].slice(Math.clz32(id) >>> 3);
}

/** A size field: right or wrong, of any width, or unknown. */
function sizeField(value: number, random: Random): number[] {
  if (random.once(6)) return [UNKNOWN_SIZE];
  const width = random.once(3) ? 8 : 1 + random.below(8);
  const bytes = Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** (8 * (width - 1 - i))) & 255);
  bytes[0] = ((bytes[0] as number) & ((1 << (8 - width)) - 1)) | (1 << (8 - width));
  return bytes;
}

const SIZE_EDGES = [0, 1, 2, 4, 8, 9, 127, 128, 4096, 4097, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 56 - 2];

/** Makes a mutator of something that is done to one element. */
const onElement =
  (
    change: (input: Uint8Array, element: Element, random: Random, elements: readonly Element[]) => Uint8Array,
  ): Mutator =>
  (input, random) => {
    const elements = elementsOf(input, random.below(3));
    return elements.length === 0 ? input : change(input, random.pick(elements), random, elements);
  };

const changeSize = onElement((input, { at, idBytes, sizeBytes, end }, random) => {
  const size = end - at - idBytes - sizeBytes;
  const value = random.once(2) ? random.pick(SIZE_EDGES) : Math.max(0, size + random.below(9) - 4);
  return replace(input, at + idBytes, sizeBytes, sizeField(value, random));
});

const changeId = onElement((input, { at, idBytes }, random) => replace(input, at, idBytes, idOf(random)));

const removeElement = onElement((input, { at, end }) => replace(input, at, end - at, []));

const copyElement = onElement((input, { at, end }, random, elements) =>
  replace(input, random.pick(elements).at, 0, input.slice(at, end)),
);

const wrapElement = onElement((input, { at, end }, random) => {
  const content = input.slice(at, end);
  return replace(input, at, end - at, [...idOf(random), ...sizeField(content.length, random), ...content]);
});

const changeContent = onElement((input, { at, idBytes, end }, random) => {
  const content = random.bytes(random.below(LONGEST_CONTENT_BYTES));
  const inserted = [...sizeField(content.length, random), ...content];
  return replace(input, at + idBytes, end - at - idBytes, inserted);
});

const insertElement = onElement((input, { at }, random) => {
  const content = random.bytes(random.below(LONGEST_CONTENT_BYTES));
  return replace(input, at, 0, [...idOf(random), ...sizeField(content.length, random), ...content]);
});

export const EBML_MUTATORS: readonly Mutator[] = [
  changeSize,
  changeId,
  removeElement,
  copyElement,
  wrapElement,
  changeContent,
  insertElement,
];
