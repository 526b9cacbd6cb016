/**
 * The default chain of AWS's own clients, by AWS's own library, where a runtime has what that asks for: environment, profiles of the shared
 * files with roles and processes, SSO, web identity, container and instance metadata.
 */
import { cached, type CachedCredentials, expiryOf } from '../../sdk/aws/credentials.ts';
import { checkCredentials } from '../../sdk/aws/credentials/checked.ts';
import { CredentialsError } from '../../sdk/errors.ts';
import type { Credentials, Platform } from '../../sdk/platform.ts';
import type { LibraryCredentials } from './aws-library.d.ts';

export interface AwsCredentialOptions {
  /** Profile of the shared files; credentials in the environment are then left aside. @default AWS_PROFILE, else the chain */
  readonly profile?: string;
  /** @default AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials */
  readonly credentialsFile?: string;
  /** @default AWS_CONFIG_FILE, else ~/.aws/config */
  readonly configFile?: string;
  /** Region of STS and SSO, where the profile names none. @default AWS_REGION, else the profile's */
  readonly region?: string;
  /** Asked for the code of a multi-factor device that a role wants. */
  readonly mfaCode?: (serialNumber: string) => Promise<string>;
  /** Limit of a request for container or instance metadata, milliseconds. @default 1 000 */
  readonly metadataTimeoutMs?: number;
  /** Further attempts at container or instance metadata. @default 0 */
  readonly metadataRetries?: number;
}

/** The library waits for some of its sources without a limit. */
const FETCH_TIMEOUT_MS = 60_000;

/** What the chain needs of a runtime. */
export interface ChainRuntime extends Pick<Platform, 'now' | 'log' | 'setTimer'> {
  environment(name: string): string | undefined;
  readFile(path: string): Promise<Uint8Array>;
}

/**
 * Credentials of AWS's chain, cached, and asked for anew when the service refuses them. The library is loaded when first needed: most of
 * its weight is for sources that a given process never asks. Rejects with `CredentialsError`.
 */
export function awsCredentials(runtime: ChainRuntime, options: AwsCredentialOptions = {}): CachedCredentials {
  let chain: ReturnType<typeof loadChain> | undefined;
  // Who is asked for a code may take their time.
  const fetchTimeoutMs = options.mfaCode === undefined ? FETCH_TIMEOUT_MS : Infinity;
  const fetchFresh = async (): Promise<Credentials> => {
    await requireProfile(runtime, options);
    chain ??= loadChain(options);
    try {
      // Its own memory is passed over: what is asked for here has expired, or was refused.
      const given = await (await chain)({ forceRefresh: true });
      requireSource(given, options);
      return converted(given);
    } catch (error) {
      if (error instanceof CredentialsError) throw error;
      throw chainFailure(error, options);
    }
  };
  return cached(runtime, fetchFresh, { fetchTimeoutMs });
}

async function loadChain(options: AwsCredentialOptions) {
  // Deno would look for the types of Node, on which the library's own depend.
  // @ts-types="./aws-library.d.ts"
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const { profile, credentialsFile, configFile, region, mfaCode, metadataTimeoutMs, metadataRetries } = options;
  return defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    ...(credentialsFile === undefined ? {} : { filepath: credentialsFile }),
    ...(configFile === undefined ? {} : { configFilepath: configFile }),
    ...(region === undefined ? {} : { clientConfig: { region } }),
    ...(mfaCode === undefined ? {} : { mfaCodeProvider: mfaCode }),
    ...(metadataTimeoutMs === undefined ? {} : { timeout: metadataTimeoutMs }),
    ...(metadataRetries === undefined ? {} : { maxRetries: metadataRetries }),
  });
}

function converted(given: LibraryCredentials): Credentials {
  const source = "the credentials of AWS's chain";
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given;
  const expiresAtMs = expiryOf(expiration, source);
  return checkCredentials({ accessKeyId, secretAccessKey, sessionToken, expiresAtMs }, source);
}

/** Where a profile is asked for by name and is nowhere, the library would go on to the role of the machine. */
async function requireProfile(runtime: ChainRuntime, options: AwsCredentialOptions): Promise<void> {
  const { profile } = options;
  if (profile === undefined) return;
  const home = runtime.environment('HOME') ?? runtime.environment('USERPROFILE') ?? '~';
  const files = [
    options.credentialsFile ?? runtime.environment('AWS_SHARED_CREDENTIALS_FILE') ?? `${home}/.aws/credentials`,
    options.configFile ?? runtime.environment('AWS_CONFIG_FILE') ?? `${home}/.aws/config`,
  ];
  const texts = await Promise.all(files.map((file) => runtime.readFile(file).catch(() => new Uint8Array())));
  const isNamed = texts.some((text) =>
    new TextDecoder()
      .decode(text)
      .split(/\r?\n/)
      .some((line) => /^\s*\[(?:profile\s+)?(["']?)(.+?)\1\]/.exec(line)?.[2] === profile),
  );
  if (isNamed) return;
  throw new CredentialsError(`profile '${profile}' is in none of the files ${files.join(' and ')}`, {
    retryable: false,
  });
}

/** A profile that gives none is passed over by the library too: what comes after it is not what was asked for. */
function requireSource({ $source }: LibraryCredentials, { profile }: AwsCredentialOptions): void {
  const sources = Object.keys($source ?? {}).filter((source) => source.startsWith('CREDENTIALS_'));
  if (profile === undefined || sources.some((source) => source.startsWith('CREDENTIALS_PROFILE'))) return;
  throw new CredentialsError(
    `profile '${profile}' gives none, and what others give is not used (${sources.join(', ') || 'metadata of the machine'})`,
    { retryable: false },
  );
}

/** The library's errors say what they tried; those of other kinds may quote an answer, and are told by their name alone. */
function chainFailure(error: unknown, { profile }: AwsCredentialOptions): CredentialsError {
  const source = profile === undefined ? "AWS's chain" : `profile '${profile}' of AWS's chain`;
  if (!(error instanceof Error)) return new CredentialsError(`${source} failed`);
  const isQuoting =
    error instanceof SyntaxError || error.name === 'SyntaxError' || /JSON|Deserialization/.test(error.message);
  const reason = isQuoting ? `an answer or a file cannot be read (${error.name})` : error.message || error.name;
  return new CredentialsError(`${source} gave none: ${reason}`);
}
