/** Everything that AWS's chain asks for credentials, on loopback: STS, SSO, container and instance metadata; and the files it reads. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface AwsSources {
  readonly url: string;
  /** Method and path of each request, and the action of STS. */
  readonly requests: string[];
  /** Answers of a path that begins so, instead of the right ones. */
  readonly instead: Map<string, { readonly status: number; readonly body: string }>;
  /** Life of the credentials that are given, milliseconds. */
  lifeMs: number;
  close(): Promise<void>;
}

const START_URL = 'https://example.awsapps.com/start';
const SSO_TOKEN = 'PSST-sso-token';
const WEB_TOKEN = 'PSST-web-identity-token';
const CONTAINER_TOKEN = 'PSST-container-token';
const IMDS_TOKEN = 'PSST-imds-token';

export async function startAwsSources(): Promise<AwsSources> {
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const action = new URLSearchParams(body).get('Action');
      sources.requests.push(`${request.method} ${request.url?.split('?')[0]}${action === null ? '' : ` ${action}`}`);
      const path = request.url ?? '';
      const { status, body: answer } =
        [...sources.instead].find(([beginning]) => path.startsWith(beginning))?.[1] ?? answerOf(request, body, sources);
      response.writeHead(status, { 'content-type': answer.startsWith('<') ? 'text/xml' : 'application/json' });
      response.end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sources: AwsSources = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    instead: new Map(),
    lifeMs: 3_600_000,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sources;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const bytes of request) text += String(bytes);
  return text;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const FORBIDDEN: Answer = { status: 403, body: '{"message":"Forbidden"}' };

function answerOf(request: IncomingMessage, body: string, { lifeMs }: AwsSources): Answer {
  const ok = (value: unknown): Answer => ({
    status: 200,
    body: typeof value === 'string' ? value : JSON.stringify(value),
  });
  const expiresAtMs = Date.now() + lifeMs;
  const Expiration = new Date(expiresAtMs).toISOString();
  const metadata = (AccessKeyId: string): object => ({
    Code: 'Success',
    AccessKeyId,
    SecretAccessKey: 'HUSHHUSH',
    Token: 'PSSTPSST',
    Expiration,
  });
  const { url = '', headers, method } = request;
  if (url === '/container') return headers.authorization === CONTAINER_TOKEN ? ok(metadata('CONTAINERKEY')) : FORBIDDEN;
  if (url === '/latest/api/token' && method === 'PUT') return ok(IMDS_TOKEN);
  if (url.startsWith('/latest/meta-data/iam/security-credentials/')) {
    if (headers['x-aws-ec2-metadata-token'] !== IMDS_TOKEN) return FORBIDDEN;
    return url.endsWith('/') ? ok('camera-role') : ok(metadata('INSTANCEKEY'));
  }
  if (url.startsWith('/federation/credentials')) {
    if (headers['x-amz-sso_bearer_token'] !== SSO_TOKEN) return FORBIDDEN;
    const roleCredentials = {
      accessKeyId: 'SSOKEY',
      secretAccessKey: 'HUSHHUSH',
      sessionToken: 'PSSTPSST',
      expiration: expiresAtMs,
    };
    return ok({ roleCredentials });
  }
  const action = new URLSearchParams(body);
  const name = action.get('Action') ?? '';
  if (name === 'AssumeRoleWithWebIdentity' && action.get('WebIdentityToken') === WEB_TOKEN)
    return ok(stsAnswer(name, 'WEBKEY', Expiration));
  if (name === 'AssumeRole' && /Credential=SOURCEKEY\//.test(headers.authorization ?? ''))
    return ok(stsAnswer(name, 'ROLEKEY', Expiration));
  return FORBIDDEN;
}

function stsAnswer(action: string, accessKeyId: string, expiration: string): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>HUSHHUSH</SecretAccessKey>
    <SessionToken>PSSTPSST</SessionToken><Expiration>${expiration}</Expiration></Credentials>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/camera/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
    </${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;
}

/** What each way needs in the environment; the files are made in a directory. The access key that comes of it is its key. */
export async function chainEnvironments(
  directory: string,
  { url }: AwsSources,
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  const credentials = await file(
    'credentials',
    '[default]\naws_access_key_id = DEFAULTKEY\naws_secret_access_key = HUSHHUSH\n' +
      '[camera]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = HUSHHUSH\naws_session_token = PSSTPSST\n' +
      '[source]\naws_access_key_id = SOURCEKEY\naws_secret_access_key = HUSHHUSH\n',
  );
  const ofProcess = { Version: 1, AccessKeyId: 'PROCESSKEY', SecretAccessKey: 'HUSHHUSH', SessionToken: 'PSSTPSST' };
  const process = await file('process.json', JSON.stringify(ofProcess));
  const config = await file(
    'config',
    '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/camera\nsource_profile = source\nregion = us-west-2\n' +
      `[profile sso]\nsso_start_url = ${START_URL}\nsso_region = us-west-2\nsso_account_id = 123456789012\nsso_role_name = camera\n` +
      `[profile process]\ncredential_process = cat ${process}\n`,
  );
  const cache = join(directory, '.aws', 'sso', 'cache');
  await mkdir(cache, { recursive: true });
  const token = { startUrl: START_URL, region: 'us-west-2', accessToken: SSO_TOKEN, expiresAt: '2099-01-01T00:00:00Z' };
  await writeFile(join(cache, `${createHash('sha1').update(START_URL).digest('hex')}.json`), JSON.stringify(token));
  const nothing = await file('nothing', '');
  const files = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
  const noFiles = { AWS_SHARED_CREDENTIALS_FILE: nothing, AWS_CONFIG_FILE: nothing };
  const common = {
    HOME: directory,
    AWS_REGION: 'us-west-2',
    AWS_ENDPOINT_URL_STS: url,
    AWS_ENDPOINT_URL_SSO: url,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
  };
  return {
    ENVIRONMENTKEY: { ...common, ...noFiles, AWS_ACCESS_KEY_ID: 'ENVIRONMENTKEY', AWS_SECRET_ACCESS_KEY: 'HUSHHUSH' },
    DEFAULTKEY: { ...common, ...files },
    PROFILEKEY: { ...common, ...files, AWS_PROFILE: 'camera' },
    ROLEKEY: { ...common, ...files, AWS_PROFILE: 'role' },
    SSOKEY: { ...common, ...files, AWS_PROFILE: 'sso' },
    PROCESSKEY: { ...common, ...files, AWS_PROFILE: 'process' },
    WEBKEY: {
      ...common,
      ...noFiles,
      AWS_WEB_IDENTITY_TOKEN_FILE: await file('token', WEB_TOKEN),
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/camera',
    },
    CONTAINERKEY: {
      ...common,
      ...noFiles,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: CONTAINER_TOKEN,
    },
    INSTANCEKEY: { ...common, ...noFiles },
  };
}

/** The variables that the chain heeds, those of this process: none may get into a test. */
export const AWS_VARIABLES: RegExp = /^AWS_|^HOME$/;
