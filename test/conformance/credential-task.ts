/** Signing in, as every runtime that can has to do it: a task goes in, outcomes come out, one a way. */
import {
  cachedCredentials,
  callbackCredentials,
  credentialChain,
  fileCredentials,
  type IotCredentialOptions,
  iotCredentials,
  staticCredentials,
} from '../../sdk/aws/credentials.ts';
import { CredentialsError } from '../../sdk/errors.ts';
import type { CredentialProvider, PemClientCertificate, Platform } from '../../sdk/platform.ts';

export interface CredentialTask {
  readonly endpoint: string;
  /** Takes connections, and says nothing. */
  readonly muteEndpoint: string;
  /** Certificates to ask with, by name; `good` is let in. */
  readonly certificates: Readonly<Record<string, PemClientCertificate>>;
  /** URL of a proxy that tunnels for who has its password, which stands in it. */
  readonly proxy: string;
  /** PEM files of a certificate that is let in. */
  readonly files: { readonly certificatePath: string; readonly privateKeyPath: string; readonly caPath: string };
  /** A credential file. */
  readonly file: string;
  /** Variables for AWS's chain, by the access key that comes of them. */
  readonly environments: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a task needs of a runtime beside its platform. */
export interface CredentialRuntime {
  readonly platform: Platform;
  /** A platform whose requests go through a proxy. */
  platformBehind(proxy: string): Platform;
  awsCredentials(): CredentialProvider;
  environmentCredentials(): CredentialProvider;
  /** Sets these variables, and no other that the chain heeds. */
  setEnvironment(variables: Readonly<Record<string, string>>): void;
}

/** Outcomes by name. */
export type Outcomes = Record<string, string>;

export interface CredentialOutcomes {
  readonly certificates: Outcomes;
  readonly chains: Outcomes;
  readonly neutral: Outcomes;
}

/** Signs in in every way. */
export async function runCredentialTask(runtime: CredentialRuntime, task: CredentialTask): Promise<CredentialOutcomes> {
  const { platform } = runtime;
  const certificates = await askWithCertificates(platform, task);
  certificates['proxy'] = await askForRole(runtime.platformBehind(task.proxy), task);
  certificates['proxyRefused'] = await askForRole(runtime.platformBehind(task.proxy.replace('//', '//no')), task);
  certificates['file'] = await outcomeOf(fileCredentials(platform, task.file));
  const chains: Outcomes = {};
  for (const [key, variables] of Object.entries(task.environments)) {
    runtime.setEnvironment(variables);
    chains[key] = await outcomeOf(runtime.awsCredentials());
    if (key === 'ENVIRONMENTKEY') chains['variables'] = await outcomeOf(runtime.environmentCredentials());
  }
  chains['no variables'] = await outcomeOf(runtime.environmentCredentials());
  return { certificates, chains, neutral: await askWithoutRuntime(platform) };
}

/** Access key id, or what went wrong. */
export async function outcomeOf(provide: () => ReturnType<CredentialProvider>): Promise<string> {
  try {
    return (await provide()).accessKeyId;
  } catch (error) {
    if (error instanceof CredentialsError) return `${error.code}: ${error.message}`;
    return `no CredentialsError: ${String(error)}`;
  }
}

function askForRole(
  platform: Platform,
  { endpoint, files }: CredentialTask,
  options: Partial<IotCredentialOptions> = {},
): Promise<string> {
  const asked = { endpoint, certificate: files, roleAlias: 'Right', thingName: 'front-door', ...options };
  return outcomeOf(async () => iotCredentials(platform, asked)());
}

/** Asks with each certificate, with the files, and with the good one where no answer comes. */
async function askWithCertificates(platform: Platform, task: CredentialTask): Promise<Outcomes> {
  const { files } = task;
  const { good } = task.certificates;
  const ask = (options: Partial<IotCredentialOptions>): Promise<string> => askForRole(platform, task, options);
  const outcomes: Outcomes = { files: await ask({}) };
  for (const [name, certificate] of Object.entries(task.certificates)) outcomes[name] = await ask({ certificate });
  const certificate = good ?? files;
  for (const roleAlias of ['Moved', 'Page', 'Flood'])
    outcomes[roleAlias.toLowerCase()] = await ask({ certificate, roleAlias });
  outcomes['cut'] = await ask({ certificate, roleAlias: 'Cut' });
  outcomes['silent'] = await ask({ certificate, roleAlias: 'Silent', completionTimeoutMs: 400 });
  outcomes['mute'] = await ask({
    certificate,
    endpoint: task.muteEndpoint,
    connectTimeoutMs: 200,
    completionTimeoutMs: 1_000,
  });
  return outcomes;
}

/** The ways that ask nothing of a runtime: fixed ones, a function whose answer has a time, a chain of both behind a cache. */
export async function askWithoutRuntime(platform: Platform): Promise<Outcomes> {
  let asked = 0;
  const given = callbackCredentials(async () => ({
    accessKeyId: `CALLBACKKEY${++asked}`,
    secretAccessKey: 'HUSHHUSH',
    expiration: new Date(platform.now() + 3_600_000).toISOString(),
  }));
  const missing = callbackCredentials(() => Promise.reject(new Error('not here')));
  const cached = cachedCredentials(platform, credentialChain([missing, given]));
  await cached();
  return {
    fixed: await outcomeOf(staticCredentials({ accessKeyId: 'FIXEDKEY', secretAccessKey: 'HUSHHUSH' })),
    cached: await outcomeOf(cached),
    none: await outcomeOf(credentialChain([missing, missing])),
  };
}

/** What `askWithoutRuntime` has to give. */
export const WITHOUT_RUNTIME: Readonly<Record<string, string>> = {
  fixed: 'FIXEDKEY',
  cached: 'CALLBACKKEY1',
  none:
    'STATUS_CLIENT_AUTH_CALL_FAILED: Cannot get credentials: no provider of the chain gave any: ' +
    '1) the callback failed: not here; 2) the callback failed: not here',
};
