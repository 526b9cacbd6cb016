/**
 * The root of everything the core owns, at a fixed address in linear memory.
 *
 * No state lives in WASM globals: two instances over one shared memory find the same root here, and so the same arena,
 * handles, stores and streams.
 *
 * ```
 * byte  0        4          8           12             16
 *       | top    | freeHead | scratch   | scratchBytes |
 * ```
 */
@unmanaged
export class Root {
  /** First address after the arena's last region; 0 before the first use. */
  top: usize;
  /** Free region with the lowest address, 0 when there is none. */
  freeHead: usize;
  /** Region in which the host hands over strings, settings and media for the pure helpers; 0 before the first use. */
  scratch: usize;
  scratchBytes: u32;
}

/** Bytes set aside for {@link Root}; the rest is room for later fields. */
const ROOT_BYTES: i32 = 64;

const ROOT_ADDRESS: usize = memory.data(ROOT_BYTES, 16);

/** The one root. */
export function root(): Root {
  return changetype<Root>(ROOT_ADDRESS);
}
