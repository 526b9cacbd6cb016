/** Signs in in every way inside a runtime that takes the binding of Node; as `test/deno/credentials.ts`. */
import { awsCredentials, createNodePlatform, environmentCredentials } from '../../bindings/node/index.ts';
import { type CredentialTask, runCredentialTask } from '../conformance/credential-task.ts';

const task = JSON.parse(process.argv[2] ?? '{}') as CredentialTask;
const outcomes = await runCredentialTask(
  {
    platform: createNodePlatform(),
    platformBehind: (proxy) => createNodePlatform({ proxy }),
    awsCredentials,
    environmentCredentials,
    setEnvironment(variables) {
      for (const name of Object.keys(process.env)) if (/^AWS_|^HOME$/.test(name)) delete process.env[name];
      Object.assign(process.env, variables);
    },
  },
  task,
);
console.log(JSON.stringify(outcomes));
