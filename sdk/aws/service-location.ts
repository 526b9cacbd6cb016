/** Which region and which endpoint a client calls: what options say, then the environment, then AWS's own. */
import { KvsError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import * as STATUS from '../status-codes.ts';
import { controlPlaneEndpoint, DEFAULT_REGION, serviceEndpoint } from './endpoints.ts';

export interface LocationOptions {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly dualStack?: boolean | undefined;
  readonly fips?: boolean | undefined;
}

export interface ServiceLocation {
  readonly region: string;
  /** Base URL of the control plane, without a trailing slash. */
  readonly endpoint: string;
}

/** Variables that name the control plane, as AWS's tools read them: the service's own before that of all services. */
const ENDPOINT_VARIABLES = ['AWS_ENDPOINT_URL_KINESIS_VIDEO', 'AWS_ENDPOINT_URL'] as const;

type Environment = NonNullable<Platform['environment']>;
const NO_ENVIRONMENT: Environment = () => undefined;

/** The region that the environment names. */
export function environmentRegion(read: Environment): string | undefined {
  return read('AWS_REGION') || read('AWS_DEFAULT_REGION') || undefined;
}

/** The endpoint that the environment names. Throws `KvsError` that names the variable, where it has no URL. */
export function environmentEndpoint(read: Environment): string | undefined {
  if (isTrue(read('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'))) return undefined;
  const variable = ENDPOINT_VARIABLES.find((name) => Boolean(read(name)));
  if (variable === undefined) return undefined;
  try {
    return serviceEndpoint(read(variable) as string);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KvsError(STATUS.STATUS_INVALID_ARG, `Environment variable ${variable}: ${reason}`);
  }
}

/** Throws `KvsError` for a region or an endpoint that cannot be, and for an option that a given endpoint leaves without effect. */
export function serviceLocation(platform: Pick<Platform, 'environment'>, options: LocationOptions): ServiceLocation {
  const read = platform.environment ?? NO_ENVIRONMENT;
  const region = options.region ?? environmentRegion(read) ?? DEFAULT_REGION;
  const given = options.endpoint === undefined ? environmentEndpoint(read) : serviceEndpoint(options.endpoint);
  if (given !== undefined) {
    for (const name of ['dualStack', 'fips'] as const)
      if (options[name] === true)
        throw new KvsError(
          STATUS.STATUS_INVALID_ARG,
          `Option ${name} is for AWS's own endpoints, and the endpoint is ${given}`,
        );
    return { region, endpoint: given };
  }
  const endpoint = controlPlaneEndpoint(region, {
    dualStack: options.dualStack ?? isTrue(read('AWS_USE_DUALSTACK_ENDPOINT')),
    fips: options.fips ?? (isTrue(read('AWS_USE_FIPS_ENDPOINT')) || undefined),
  });
  return { region, endpoint };
}

/** Source: c-producer §5.1, which takes whatever begins with it. */
function isTrue(value: string | undefined): boolean {
  return /^true/i.test(value ?? '');
}
