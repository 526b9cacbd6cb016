import { ELEMENTS } from './element-table.ts';
import type { ElementKind } from './element-table.ts';

export type { ElementKind } from './element-table.ts';

/** Name of an element as RFC 8794 and RFC 9559 spell it, such as `SimpleBlock`; the KVS documents' "timecode" is `Timestamp` there. */
export type ElementName = keyof typeof ELEMENTS;

/** What is known about an element beforehand. */
export interface ElementInfo {
  readonly name: ElementName;
  /** With its marker bits, such as 0x1A45DFA3. */
  readonly id: number;
  readonly kind: ElementKind;
  /** 0 for the EBML header and the Segment; −1 for what may stand anywhere. */
  readonly level: number;
  /** The master that it belongs into; null at level 0 and −1. SimpleTag and ChapterAtom may also stand in their own kind. */
  readonly parent: ElementName | null;
}

const NAMES = Object.keys(ELEMENTS) as ElementName[];

/** The id of each element, by name: `ELEMENT_ID.SimpleBlock` is 0xA3. */
export const ELEMENT_ID = Object.fromEntries(NAMES.map((name) => [name, ELEMENTS[name][0]])) as {
  readonly [Name in ElementName]: (typeof ELEMENTS)[Name][0];
};

const INFOS: ReadonlyMap<number, ElementInfo> = new Map(NAMES.map((name) => [ELEMENTS[name][0], infoOf(name)]));

/** What is known about the element with this id; undefined for an id of no RFC. */
export function elementInfo(elementId: number): ElementInfo | undefined {
  return INFOS.get(elementId);
}

/** The name of the element with this id; undefined for an id of no RFC. */
export function elementName(elementId: number): ElementName | undefined {
  return INFOS.get(elementId)?.name;
}

/** An element as messages name it: by its name, or else by its id. */
export function describeElement(elementId: number): string {
  return elementName(elementId) ?? `0x${elementId.toString(16).toUpperCase()}`;
}

function infoOf(name: ElementName): ElementInfo {
  const [id, kind] = ELEMENTS[name];
  return { name, id, kind, level: levelOf(name), parent: parentOf(name) };
}

function parentOf(name: ElementName): ElementName | null {
  const parent = ELEMENTS[name][2];
  return parent === '' || parent === '*' ? null : parent;
}

function levelOf(name: ElementName): number {
  if (ELEMENTS[name][2] === '*') return -1;
  const parent = parentOf(name);
  return parent === null ? 0 : levelOf(parent) + 1;
}
