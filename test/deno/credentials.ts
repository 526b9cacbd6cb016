/** Signs in in every way inside Deno: the task comes as the first argument, the outcomes go to standard output as JSON. */
import { awsCredentials, createDenoPlatform, environmentCredentials } from '../../bindings/deno/mod.ts';
import { type CredentialTask, runCredentialTask } from '../conformance/credential-task.ts';

const task: CredentialTask = JSON.parse(Deno.args[0] ?? '{}');
const outcomes = await runCredentialTask(
  {
    platform: createDenoPlatform(),
    platformBehind: (proxy) => createDenoPlatform({ proxy }),
    awsCredentials,
    environmentCredentials,
    setEnvironment(variables) {
      for (const name of Object.keys(Deno.env.toObject())) if (/^AWS_|^HOME$/.test(name)) Deno.env.delete(name);
      for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
    },
  },
  task,
);
console.log(JSON.stringify(outcomes));
