import {
  KIND_UNKNOWN,
  RECURSIVE,
  SCHEMA_ROW_BYTES,
  SCHEMA_ROW_COUNT,
  SCHEMA_ROWS,
  UNKNOWN_SIZE_ALLOWED,
} from './schema-table';

/** Questions about an element's row in the table of elements. What has no row is skipped by its size. */

const TRAITS_AT: usize = 4;
const PARENT_AT: usize = 8;

/** Address of an element's row, or 0 when the reader does not know the element. */
export function findElement(elementId: u32): usize {
  let low: u32 = 0;
  let high: u32 = SCHEMA_ROW_COUNT;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = SCHEMA_ROWS + <usize>middle * SCHEMA_ROW_BYTES;
    const rowId = load<u32>(row);
    if (rowId == elementId) return row;
    if (rowId < elementId) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** One of KIND_*; KIND_UNKNOWN for row 0. */
export function elementKind(row: usize): u32 {
  return row == 0 ? KIND_UNKNOWN : load<u32>(row, TRAITS_AT) & 0xff;
}

/** The level at which the element stands when it is not nested in its own kind. */
export function elementLevel(row: usize): u32 {
  return (load<u32>(row, TRAITS_AT) >> 8) & 0xff;
}

export function allowsUnknownSize(row: usize): bool {
  return row != 0 && (load<u32>(row, TRAITS_AT) & UNKNOWN_SIZE_ALLOWED) != 0;
}

/** Whether the element may be a direct child of `parentId`; 0 stands for the top of the document. */
export function mayStandIn(row: usize, parentId: u32): bool {
  return load<u32>(row, PARENT_AT) == parentId || nestsInItself(row, parentId);
}

/** Whether an open element of id `openId` may contain this one because both are of one recursive kind. */
export function nestsInItself(row: usize, openId: u32): bool {
  return openId == load<u32>(row) && (load<u32>(row, TRAITS_AT) & RECURSIVE) != 0;
}
