/** As in asconfig.json, pages of 64 KiB: what the build of the core for shared memory asks its memory for. */
export const SHARED_CORE_MEMORY = { initial: 2, maximum: 32_768, shared: true } as const;
