/** Signs in in every way inside Deno: the task comes as the first argument, the outcomes go to standard output as JSON. */
import {
  awsCredentials,
  createDenoPlatform,
  environmentCredentials,
  fileCredentials,
} from '../../bindings/deno/mod.ts';
import {
  askWithCertificates,
  askWithoutRuntime,
  type CredentialTask,
  outcomeOf,
} from '../conformance/credential-task.ts';

const { task, file }: { task?: CredentialTask; file?: string } = JSON.parse(Deno.args[0] ?? '{}');
const platform = createDenoPlatform();
console.log(
  JSON.stringify({
    ...(task === undefined ? {} : await askWithCertificates(platform, task)),
    ...(file === undefined ? {} : { file: await outcomeOf(fileCredentials(platform, file)) }),
    ...(task === undefined
      ? {
          chain: await outcomeOf(awsCredentials()),
          environment: await outcomeOf(environmentCredentials()),
          ...(await askWithoutRuntime(platform)),
        }
      : {}),
  }),
);
