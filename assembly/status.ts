/**
 * KVS status numbers, as the core's functions return them: negated, so that every result ≥ 0 is a result.
 * Names and values are those of AWS's producer core; `sdk/status.ts` holds the whole table.
 */

export const STATUS_SUCCESS: i32 = 0;
export const STATUS_INVALID_ARG: i32 = 0x00000002;
export const STATUS_NOT_ENOUGH_MEMORY: i32 = 0x00000004;
export const STATUS_INVALID_HANDLE_ERROR: i32 = 0x00000008;
