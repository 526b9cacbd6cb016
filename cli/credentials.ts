/** Who a command signs in as, where it is not the default chain. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { awsCredentials } from '../bindings/node/platform.ts';
import { fileCredentials, iotCredentials } from '../sdk/aws/credentials.ts';
import { CredentialsError } from '../sdk/errors.ts';
import type { CredentialProvider, Platform } from '../sdk/platform.ts';
import { UsageError } from './exit.ts';

/** The names of the GStreamer plugin's `iot-certificate` property. Source: c-producer §11. */
const IOT_SETTINGS = ['endpoint', 'cert-path', 'key-path', 'ca-path', 'role-aliases', 'iot-thing-name'] as const;
type IotSettings = Partial<Record<(typeof IOT_SETTINGS)[number], string>>;

export interface CredentialFlags {
  readonly profile?: string;
  readonly credentialFile?: string;
  readonly iot?: IotSettings;
}

export function withCredentialOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--profile <name>', "profile of AWS's shared files to sign in with").conflicts([
        'credentialFile',
        'iot',
      ]),
    )
    .addOption(
      new Option(
        '--credential-file <file>',
        'text file "CREDENTIALS KEY SECRET" or "CREDENTIALS KEY EXPIRATION SECRET TOKEN", read again when it is renewed',
      ).conflicts(['profile', 'iot']),
    )
    .addOption(
      new Option(
        '--iot <settings>',
        "sign in with a device's certificate: endpoint=HOST,cert-path=FILE,key-path=FILE,role-aliases=NAME" +
          "[,ca-path=FILE][,iot-thing-name=NAME] (thing: the stream's name)",
      )
        .conflicts(['profile', 'credentialFile'])
        .argParser(iotSettings),
    );
}

function iotSettings(text: string): IotSettings {
  const settings: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    if (!(IOT_SETTINGS as readonly string[]).includes(name) || value === '')
      throw new InvalidArgumentError(`Expected NAME=VALUE with a name of ${IOT_SETTINGS.join(', ')}: got '${part}'.`);
    settings[name] = value;
  }
  return settings;
}

/** What the flags ask for; undefined where they say nothing. Throws `UsageError` for what cannot be. */
export function credentialsOf(
  flags: CredentialFlags,
  platform: Platform,
  streamName: string | undefined,
): CredentialProvider | undefined {
  const { profile, credentialFile, iot } = flags;
  if (profile !== undefined) return awsCredentials({ profile, logLevel: 'error' });
  if (credentialFile !== undefined) return fileCredentials(platform, credentialFile);
  if (iot === undefined) return undefined;
  const thingName = iot['iot-thing-name'] ?? streamName;
  try {
    return iotCredentials(platform, {
      endpoint: iot.endpoint ?? '',
      certificate: {
        certificatePath: iot['cert-path'] ?? '',
        privateKeyPath: iot['key-path'] ?? '',
        caPath: iot['ca-path'],
      },
      roleAlias: iot['role-aliases'] ?? '',
      thingName,
    });
  } catch (error) {
    if (error instanceof CredentialsError) throw new UsageError(`--iot: ${error.reason}`, { cause: error });
    throw error;
  }
}
