/** Signs in inside workerd: with a certificate that a binding holds, one that it does not hold, and texts, which it cannot show. */
import { createWorkersPlatform, iotCredentials, type ClientCertificateBinding } from '../../bindings/workers/index.ts';
import { askWithoutRuntime, outcomeOf } from '../conformance/credential-task.ts';

interface Environment {
  readonly DEVICE: ClientCertificateBinding;
  readonly NOBODY: ClientCertificateBinding;
}

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    const endpoint = await request.text();
    const platform = createWorkersPlatform();
    const certificates = {
      binding: env.DEVICE,
      'binding without a certificate': env.NOBODY,
      texts: { certificatePem: 'certificate', privateKeyPem: 'HUSHHUSH' },
    };
    const outcomes: Record<string, string> = {};
    for (const [name, certificate] of Object.entries(certificates)) {
      const options = { endpoint, certificate, roleAlias: 'CameraRole', thingName: 'front-door' };
      outcomes[name] = await outcomeOf(async () => iotCredentials(platform, options)());
    }
    outcomes['variables'] = await outcomeOf(platform.credentials);
    return Response.json({ outcomes, neutral: await askWithoutRuntime(platform) });
  },
};
