/** A producer over a scripted service without a stream yet, and callbacks that stand for the whole service. */
import { KvsError } from '../../sdk/errors.ts';
import { openCallbacks, type CallbackName } from '../../sdk/producer/callbacks/index.ts';
import {
  createProducerWith,
  type Producer,
  type ProducerOptions,
  type ProducerStream,
  type StreamOptions,
} from '../../sdk/producer/index.ts';
import type { Overrides } from './callback-recorder.ts';
import { CREDENTIALS, type ScriptedMedia } from './scripted-media.ts';
import { outcomeOf, TEST_TRACK } from './test-stream.ts';

/** The callbacks that the native client refuses to be without. */
export const MANDATORY_CALLBACKS = [
  'createDevice',
  'createStream',
  'describeStream',
  'getStreamingEndpoint',
  'getStreamingToken',
  'putStream',
] as const satisfies readonly CallbackName[];

export const openProducer = (service: ScriptedMedia, options: ProducerOptions = {}): Promise<Producer> =>
  createProducerWith(service, { endpoint: 'http://127.0.0.1:1', credentials: CREDENTIALS, ...options }, openCallbacks);

/** Opens a stream with one video track. */
export const openNamed = (
  producer: Producer,
  name: string,
  options: Partial<StreamOptions> = {},
): Promise<ProducerStream> => producer.openStream(name, { tracks: [TEST_TRACK], ...options });

/** The status name that a promise rejects with; 'ok' when it resolves, 'pending' while it does neither. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const outcome = await outcomeOf(
    promise.then(
      () => 'ok',
      (error: unknown) => (error instanceof KvsError ? error.code : String(error)),
    ),
  );
  return String(outcome);
}

/** The status name that a call throws; 'ok' when it does not. */
export function thrownCode(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    return error instanceof KvsError ? error.code : String(error);
  }
}

/** Answers that need no service: a device, a stream that is there, an endpoint, and connections of the scripted service. */
export function wholeService(service: ScriptedMedia): Overrides {
  return {
    getSecurityToken: () => ({ data: Uint8Array.of(7) }),
    createDevice: () => ({ result: 200, deviceArn: 'arn:device' }),
    createStream: () => ({ result: 200, streamArn: 'arn:stream' }),
    describeStream: () => ({
      result: 200,
      description: { streamArn: 'arn:stream', status: 'ACTIVE', retentionHours: 24, mediaType: undefined },
    }),
    getStreamingEndpoint: () => ({ result: 200, endpoint: 'http://127.0.0.1:9' }),
    getStreamingToken: ({ context }) => ({ result: 200, token: context.authInfo.data }),
    putStream: async ({ body, context: { signal } }) => {
      const answer = await service.fetch({
        method: 'POST',
        url: 'http://127.0.0.1:9/putMedia',
        headers: {},
        body,
        signal,
      });
      return { result: answer.status, acks: answer.body };
    },
  };
}
