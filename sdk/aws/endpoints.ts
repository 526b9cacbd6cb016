/** Where the control plane of a region lives. */
import * as STATUS from '../status-codes.ts';
import { KvsError } from '../errors.ts';

export { serviceEndpoint } from './service-endpoint.ts';

interface Partition {
  readonly regionPrefix: string;
  /** The native library knows FIPS endpoints alone there. */
  readonly isFips?: true;
  readonly suffix: string;
  readonly dualStackSuffix: string;
}

/**
 * The first row whose prefix matches counts; the last one matches every region. Source: c-producer §5.1 for the five that the native
 * library knows, AWS's published partitions for the others.
 */
const PARTITIONS: readonly Partition[] = [
  { regionPrefix: 'cn-', suffix: 'amazonaws.com.cn', dualStackSuffix: 'api.amazonwebservices.com.cn' },
  { regionPrefix: 'us-gov-', isFips: true, suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
  { regionPrefix: 'us-iso-', isFips: true, suffix: 'c2s.ic.gov', dualStackSuffix: 'api.aws.ic.gov' },
  { regionPrefix: 'us-isob-', isFips: true, suffix: 'sc2s.sgov.gov', dualStackSuffix: 'api.aws.scloud' },
  { regionPrefix: 'us-isof-', suffix: 'csp.hci.ic.gov', dualStackSuffix: 'api.aws.hci.ic.gov' },
  { regionPrefix: 'eu-isoe-', suffix: 'cloud.adc-e.uk', dualStackSuffix: 'api.cloud-aws.adc-e.uk' },
  { regionPrefix: 'eusc-', suffix: 'amazonaws.eu', dualStackSuffix: 'api.amazonwebservices.eu' },
  { regionPrefix: '', suffix: 'amazonaws.com', dualStackSuffix: 'api.aws' },
];

/** The region that the native libraries fall back to. */
export const DEFAULT_REGION = 'us-west-2';

export interface EndpointOptions {
  /** The endpoint that IPv6 reaches too. @default false */
  readonly dualStack?: boolean | undefined;
  /** @default true in GovCloud and the isolated US regions, as natively */
  readonly fips?: boolean | undefined;
}

/** The control plane's base URL, without a trailing slash. Throws `KvsError` for what cannot be a region name. */
export function controlPlaneEndpoint(region: string, options: EndpointOptions = {}): string {
  // The region becomes part of a host name: anything else in it could redirect signed requests.
  if (!/^[a-z0-9-]{1,128}$/.test(region))
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `'${region}' is not a region name`);
  const partition = PARTITIONS.find(({ regionPrefix }) => region.startsWith(regionPrefix)) as Partition;
  const { dualStack = false, fips = partition.isFips ?? false } = options;
  const suffix = dualStack ? partition.dualStackSuffix : partition.suffix;
  return `https://kinesisvideo${fips ? '-fips' : ''}.${region}.${suffix}`;
}
