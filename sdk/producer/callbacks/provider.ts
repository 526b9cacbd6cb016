/** Every callback in one, and the list of them. */
import { KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { ClientCallbackProvider, StreamCallbackProvider } from './notifications.ts';
import type { PlatformCallbacks } from './platform-callbacks.ts';
import type { ApiCallbacks, AuthCallbacks } from './service-call.ts';

/** What the native library refuses to be without. Source: producer-core §4, S006. */
type Mandatory = Required<Pick<ApiCallbacks & AuthCallbacks, (typeof MANDATORY)[number]>>;
const MANDATORY = [
  'createDevice',
  'createStream',
  'describeStream',
  'getStreamingEndpoint',
  'getStreamingToken',
  'putStream',
] as const;

type AllCallbacks = ApiCallbacks & AuthCallbacks & ClientCallbackProvider & StreamCallbackProvider & PlatformCallbacks;

/**
 * The whole of the callbacks. It has to make the service calls itself; `DefaultCallbackProvider` is one that can be extended or
 * added to.
 */
export type CallbackProvider = AllCallbacks &
  Mandatory & {
    /** Whether anything happens when this callback is called; where it says no, the call is spared. @default whether it is there */
    hears?(name: CallbackName): boolean;
    /** The service refused what `getSecurityToken` gave: who keeps it is to forget it. */
    forgetCredentials?(): void;
  };

export type CallbackName = Exclude<keyof AllCallbacks, 'free'>;
export type CallbackKind = 'api' | 'auth' | 'client' | 'stream' | 'platform';

/** Every callback with the chain that it belongs to. */
export const CALLBACK_KINDS: Readonly<Record<CallbackName, CallbackKind>> = {
  createDevice: 'api',
  createStream: 'api',
  describeStream: 'api',
  getStreamingEndpoint: 'api',
  putStream: 'api',
  tagResource: 'api',
  getSecurityToken: 'auth',
  getDeviceCertificate: 'auth',
  deviceCertToToken: 'auth',
  getDeviceFingerprint: 'auth',
  getStreamingToken: 'auth',
  clientReady: 'client',
  storageOverflowPressure: 'client',
  clientShutdown: 'client',
  streamUnderflowReport: 'stream',
  bufferDurationOverflowPressure: 'stream',
  streamLatencyPressure: 'stream',
  streamConnectionStale: 'stream',
  droppedFrameReport: 'stream',
  droppedFragmentReport: 'stream',
  streamErrorReport: 'stream',
  fragmentAckReceived: 'stream',
  streamDataAvailable: 'stream',
  streamReady: 'stream',
  streamClosed: 'stream',
  streamShutdown: 'stream',
  getCurrentTime: 'platform',
  getRandomNumber: 'platform',
  createMutex: 'platform',
  lockMutex: 'platform',
  unlockMutex: 'platform',
  tryLockMutex: 'platform',
  freeMutex: 'platform',
  logPrint: 'platform',
};

/** Throws `KvsError` of status `STATUS_SERVICE_CALL_CALLBACKS_MISSING`, or `STATUS_INVALID_ARG` for a callback that is no function. */
export function checkCallbackProvider(provider: CallbackProvider): void {
  for (const name of Object.keys(CALLBACK_KINDS) as CallbackName[]) {
    const callback: unknown = provider[name];
    if (callback !== undefined && typeof callback !== 'function')
      throw new KvsError(
        STATUS.STATUS_INVALID_ARG,
        `The callback ${name} is of type ${typeof callback}: expected a function`,
      );
  }
  const missing = MANDATORY.filter((name) => provider[name] === undefined);
  if (missing.length > 0)
    throw new KvsError(STATUS.STATUS_SERVICE_CALL_CALLBACKS_MISSING, `Callbacks are missing: ${missing.join(', ')}`);
}

/** Whether calling a callback does anything. */
export function isHeard(provider: CallbackProvider, name: CallbackName): boolean {
  return provider[name] !== undefined && (provider.hears?.(name) ?? true);
}
