/** What may be said of a role alias, with the statuses that the native library refuses the rest with. */
import { CredentialsError } from '../../errors.ts';
import type { Platform } from '../../platform.ts';
import * as STATUS from '../../status-codes.ts';
import { CREDENTIAL_STATUS } from './credential-status.ts';
import type { IotCredentialOptions } from './iot.ts';

/** Both, and what they are made of. Source: c-producer §4.1; AWS IoT API, CreateRoleAlias and CreateThing. */
const MAX_NAME_LENGTH = 128;
const MAX_URI_LENGTH = 10_000;
const MAX_TIMEOUT_MS = 86_400_000;

/** Where to ask, and for which thing. Throws `CredentialsError` that names the option which cannot be. */
export function checkIotOptions(
  platform: Pick<Platform, 'name' | 'clientCertificates' | 'readFile'>,
  options: IotCredentialOptions,
): { readonly url: string; readonly thingName: string } {
  const { endpoint, roleAlias, streamName, thingName = streamName, certificate } = options;
  checkName('roleAlias', roleAlias, /^[\w=,@-]+$/, 'STATUS_MAX_ROLE_ALIAS_LEN_EXCEEDED');
  checkName('thingName', thingName, /^[a-zA-Z0-9:_-]+$/, 'STATUS_MAX_IOT_THING_NAME_LENGTH');
  if (streamName !== undefined && streamName !== thingName)
    throw refused(`thingName '${thingName}' is not the stream's name '${streamName}', which policies of devices want`);
  for (const name of ['connectTimeoutMs', 'completionTimeoutMs', 'refreshAheadMs'] as const)
    checkTime(name, options[name]);
  checkCertificate(platform, certificate);
  return { url: `${originOf(endpoint)}/role-aliases/${encodeURIComponent(roleAlias)}/credentials`, thingName };
}

function checkName(
  option: string,
  value: unknown,
  form: RegExp,
  tooLong: keyof typeof CREDENTIAL_STATUS,
): asserts value is string {
  if (typeof value !== 'string' || value.length === 0) throw refused(`${option} is missing`);
  if (value.length > MAX_NAME_LENGTH)
    throw refused(
      `${option} has ${value.length} characters: at most ${MAX_NAME_LENGTH}`,
      CREDENTIAL_STATUS[tooLong],
      tooLong,
    );
  if (!form.test(value)) throw refused(`${option} ${JSON.stringify(value)} has characters that it cannot have`);
}

function checkTime(option: string, value: number | undefined): void {
  if (value === undefined || (Number.isFinite(value) && value >= 1 && value <= MAX_TIMEOUT_MS)) return;
  throw refused(`${option} is ${value}: 1 to ${MAX_TIMEOUT_MS} milliseconds are expected`);
}

/** The endpoint becomes part of a URL: anything but host and port in it could lead the certificate elsewhere. */
function originOf(endpoint: unknown): string {
  if (typeof endpoint !== 'string' || endpoint.length === 0) throw refused('endpoint is missing');
  if (endpoint.length > MAX_URI_LENGTH)
    throw refused(
      `endpoint has ${endpoint.length} characters: at most ${MAX_URI_LENGTH}`,
      CREDENTIAL_STATUS.STATUS_IOT_INVALID_URI_LEN,
      'STATUS_IOT_INVALID_URI_LEN',
    );
  if (/^(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(endpoint) && URL.canParse(`https://${endpoint}`))
    return `https://${endpoint}`;
  const told = endpoint.replace(/^.*@|[?#].*/gs, '…').slice(0, 300);
  throw refused(`endpoint '${told}' is not a host name: neither scheme nor path belong to it`);
}

function checkCertificate(
  platform: Pick<Platform, 'name' | 'clientCertificates' | 'readFile'>,
  certificate: IotCredentialOptions['certificate'],
): void {
  const isHosts = certificate === 'host';
  if (!isHosts && (typeof certificate !== 'object' || certificate === null)) throw refused('certificate is missing');
  const kind = platform.clientCertificates;
  if (kind === undefined)
    throw refused(`${platform.name} can show no client certificate: let a server of yours give credentials`);
  if (kind === 'host' && !isHosts)
    throw refused(
      `${platform.name} hands no certificate to its host: let that show one, and give 'host' as certificate`,
    );
  if (isHosts) {
    if (kind === 'host') return;
    throw refused(`certificate is 'host', and ${platform.name} has none that shows one by itself`);
  }
  if ('fetch' in certificate) return;
  if (kind !== 'pem')
    throw refused(`${platform.name} shows only certificates that a binding holds: give the binding as certificate`);
  const wanted =
    'certificatePath' in certificate
      ? { certificatePath: certificate.certificatePath, privateKeyPath: certificate.privateKeyPath }
      : { certificatePem: certificate.certificatePem, privateKeyPem: certificate.privateKeyPem };
  for (const [name, value] of Object.entries<unknown>(wanted)) {
    if (typeof value !== 'string' || value.length === 0) throw refused(`certificate.${name} is missing`);
  }
  if ('certificatePath' in certificate && platform.readFile === undefined)
    throw refused(`${platform.name} reads no files: give the texts as certificatePem and privateKeyPem`);
}

function refused(reason: string, status: number = STATUS.STATUS_INVALID_ARG, code?: string): CredentialsError {
  return new CredentialsError(`IoT option ${reason}`, {
    status,
    retryable: false,
    ...(code === undefined ? {} : { code }),
  });
}
