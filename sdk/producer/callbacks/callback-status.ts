/** Statuses of the native producer library above the core, as far as callbacks have them. Source: c-producer §3.4. */
import { CREDENTIAL_STATUS } from '../../aws/credentials.ts';

export const CALLBACK_STATUS = {
  /** Returned by a callback: the rest of its chain is skipped, and all is well. */
  STATUS_STOP_CALLBACK_CHAIN: 0x15000001,
  STATUS_MAX_CALLBACK_CHAIN: 0x15000002,
  STATUS_DUPLICATE_PRODUCER_CALLBACK_FREE_FUNC: 0x15000019,
  STATUS_DUPLICATE_STREAM_CALLBACK_FREE_FUNC: 0x1500001a,
  STATUS_DUPLICATE_AUTH_CALLBACK_FREE_FUNC: 0x1500001b,
  STATUS_DUPLICATE_API_CALLBACK_FREE_FUNC: 0x1500001c,
  ...CREDENTIAL_STATUS,
} as const;
