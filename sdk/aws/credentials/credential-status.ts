/** What can go wrong with credentials, as the native producer library numbers it. Source: c-producer §3.4. */
import { CredentialsError, type CredentialsErrorOptions } from '../../errors.ts';

export const CREDENTIAL_STATUS = {
  /** The endpoint of the role alias refused, or could not be reached. */
  STATUS_IOT_FAILED: 0x15000011,
  STATUS_MAX_ROLE_ALIAS_LEN_EXCEEDED: 0x15000012,
  STATUS_IOT_EXPIRATION_OCCURS_IN_PAST: 0x15000017,
  STATUS_IOT_EXPIRATION_PARSING_FAILED: 0x15000018,
  STATUS_MAX_IOT_THING_NAME_LENGTH: 0x1500001e,
  STATUS_FILE_CREDENTIAL_PROVIDER_OPEN_FILE_FAILED: 0x15000022,
  STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_LENGTH: 0x15000023,
  STATUS_FILE_CREDENTIAL_PROVIDER_INVALID_FILE_FORMAT: 0x15000024,
  STATUS_IOT_INVALID_RESPONSE_LENGTH: 0x16000002,
  STATUS_IOT_NULL_AWS_CREDS: 0x16000003,
  STATUS_IOT_INVALID_URI_LEN: 0x16000004,
} as const;

/** A `CredentialsError` of such a status. `reason` must not hold anything secret. */
export function credentialError(
  name: keyof typeof CREDENTIAL_STATUS,
  reason: string,
  options: CredentialsErrorOptions = {},
): CredentialsError {
  return new CredentialsError(reason, { status: CREDENTIAL_STATUS[name], code: name, ...options });
}
