/** Which service a command talks to, and as whom. */
import { createNodePlatform } from '../bindings/node/platform.ts';
import { staticCredentials } from '../sdk/aws/credentials.ts';
import { environmentEndpoint, environmentRegion, serviceLocation } from '../sdk/aws/service-location.ts';
import { ServiceClock } from '../sdk/aws/service-clock.ts';
import type { ServiceTarget } from '../sdk/aws/signed-call.ts';
import { DEVELOPMENT_CREDENTIALS } from '../service/credentials.ts';
import type { Command } from 'commander';
import { type CredentialFlags, credentialsOf, withCredentialOptions } from './credentials.ts';
import { UsageError } from './exit.ts';
import { trustCertificate } from './trusted-certificate.ts';

/** Where `penstock serve` listens unless told otherwise. */
export const DEFAULT_PORT = 9494;
export const LOCAL_ENDPOINT: string = `http://127.0.0.1:${DEFAULT_PORT}`;
/** What the local service calls its region unless told otherwise. */
export const LOCAL_REGION = 'us-west-2';

export interface ConnectionFlags extends CredentialFlags {
  readonly region?: string;
  readonly endpoint?: string;
  readonly local?: boolean;
  readonly ca?: string;
}

/** Adds the options that every command which talks to a service has. */
export function withConnectionOptions(command: Command): Command {
  const connecting = command
    .option('--local', `talk to "penstock serve" on this machine: --endpoint ${LOCAL_ENDPOINT}`)
    .option(
      '--endpoint <url>',
      "control plane to talk to (default: AWS_ENDPOINT_URL_KINESIS_VIDEO, else the region's own on AWS)",
    )
    .option('--region <region>', `AWS region (default: AWS_REGION, else ${LOCAL_REGION} for a service on this machine)`)
    .option('--ca <file>', 'certificate to trust besides the usual ones, for a service with its own TLS certificate');
  return withCredentialOptions(connecting);
}

/** The paragraph about credentials in the help of those commands. */
export const CREDENTIALS_HELP = `
Credentials come from --profile, --credential-file or --iot, else from the default chain of the AWS clients: environment, shared
configuration files, SSO, web identity, container and instance roles. On a loopback address the development pair of "penstock serve" is used instead, unless
AWS_ACCESS_KEY_ID or AWS_PROFILE is set.`;

type Environment = Readonly<Record<string, string | undefined>>;

function endpointOf(flags: ConnectionFlags): URL | null {
  if (flags.local && flags.endpoint !== undefined) throw new UsageError('--local and --endpoint exclude each other');
  if (flags.local) return new URL(LOCAL_ENDPOINT);
  if (flags.endpoint === undefined) return null;
  const url = URL.canParse(flags.endpoint) ? new URL(flags.endpoint) : null;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new UsageError(`--endpoint ${flags.endpoint} is not an http or https URL`);
}

/** Loopback by address or name: RFC 1122 §3.2.1.3, RFC 4291 §2.5.3, RFC 6761 §6.3. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
}

/**
 * @param streamName the stream that the command is about, which devices are named after
 * @throws UsageError for options that exclude each other or cannot be, an unusable URL, an unreadable certificate, or no region
 */
export async function connect(
  flags: ConnectionFlags,
  streamName?: string,
  environment: Environment = process.env,
): Promise<ServiceTarget> {
  const read = (name: string): string | undefined => environment[name];
  const named = environmentEndpoint(read);
  const url = endpointOf(flags) ?? (named === undefined ? null : new URL(named));
  const onThisMachine = url !== null && isLoopback(url);
  const region = flags.region ?? environmentRegion(read) ?? (onThisMachine ? LOCAL_REGION : null);
  if (region === null) throw new UsageError('No region: give --region, set AWS_REGION, or use --local');
  if (flags.ca !== undefined) await trustCertificate(flags.ca);
  const platform = createNodePlatform({ logLevel: 'error' });
  const hasOwnCredentials = environment['AWS_ACCESS_KEY_ID'] !== undefined || environment['AWS_PROFILE'] !== undefined;
  return {
    platform,
    clock: new ServiceClock(platform),
    ...serviceLocation({ environment: read }, { region, endpoint: url?.href }),
    credentials:
      credentialsOf(flags, platform, streamName) ??
      (onThisMachine && !hasOwnCredentials ? staticCredentials(DEVELOPMENT_CREDENTIALS) : platform.credentials),
  };
}
