/** Signs in in every way inside Bun, or another runtime that takes the binding of Node; as `test/deno/credentials.ts`. */
import {
  awsCredentials,
  createNodePlatform,
  environmentCredentials,
  fileCredentials,
} from '../../bindings/node/index.ts';
import {
  askWithCertificates,
  askWithoutRuntime,
  type CredentialTask,
  outcomeOf,
} from '../conformance/credential-task.ts';

const { task, file } = JSON.parse(process.argv[2] ?? '{}') as { task?: CredentialTask; file?: string };
const platform = createNodePlatform();
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
