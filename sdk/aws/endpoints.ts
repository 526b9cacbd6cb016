/** Where the control plane of a region lives. */
import { STATUS } from '../status-codes.ts';
import { KvsError } from '../errors.ts';

interface Partition {
  readonly regionPrefix: string;
  /** Appended to the service name: the partition offers FIPS endpoints only. */
  readonly fips: string;
  readonly suffix: string;
  readonly dualStackSuffix: string;
}

/** Source: c-producer §5.1. The first row whose prefix matches counts; the last one matches every region. */
const PARTITIONS: readonly Partition[] = [
  { regionPrefix: 'cn-', fips: '', suffix: 'amazonaws.com.cn', dualStackSuffix: 'api.amazonwebservices.com.cn' },
  { regionPrefix: 'us-gov-', fips: '-fips', suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
  { regionPrefix: 'us-iso-', fips: '-fips', suffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov' },
  { regionPrefix: 'us-isob-', fips: '-fips', suffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud' },
  { regionPrefix: '', fips: '', suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
];

/** The region that the native libraries fall back to. */
export const DEFAULT_REGION = 'us-west-2';

/** The control plane's base URL, without a trailing slash. Throws `KvsError` for what cannot be a region name. */
export function controlPlaneEndpoint(region: string, options: { readonly dualStack?: boolean } = {}): string {
  // The region becomes part of a host name: anything else in it could redirect signed requests.
  if (!/^[a-z0-9-]{1,128}$/.test(region))
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `'${region}' is not a region name`);
  const partition = PARTITIONS.find(({ regionPrefix }) => region.startsWith(regionPrefix)) as Partition;
  const suffix = options.dualStack === true ? partition.dualStackSuffix : partition.suffix;
  return `https://kinesisvideo${partition.fips}.${region}.${suffix}`;
}

/**
 * A base URL to which an API's path is appended, without a trailing slash. Throws `KvsError` for what is no http or https URL, or has
 * a user, query or fragment, which would be lost or torn apart.
 */
export function serviceEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    (url?.protocol === 'https:' || url?.protocol === 'http:') && url.href === `${url.origin}${url.pathname}`;
  if (url === undefined || !isUsable)
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `'${text}' is not the URL of an endpoint (http or https)`);
  return url.href.replace(/\/+$/, '');
}
