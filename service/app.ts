/** The service as one `fetch(Request) → Response` application: routes, authentication, error mapping. */

import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { ServiceContext, ServicePlatform } from './context.ts';
import { getDataEndpoint } from './control/data-endpoint.ts';
import type { ControlPlane, Operation } from './control/operation.ts';
import { newRequestId } from './control/resource-names.ts';
import { RetentionSweep } from './control/retention-sweep.ts';
import { StreamLifecycle } from './control/stream-lifecycle.ts';
import { STREAM_OPERATIONS } from './control/stream-operations.ts';
import { TAG_OPERATIONS } from './control/tag-operations.ts';
import type { ServiceCredentials } from './credentials.ts';
import { describeError, ServiceError } from './errors.ts';
import { putMedia } from './ingest/put-media.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ServiceLimits } from './limits.ts';
import { LiveHub } from './live/live-hub.ts';
import { getMedia } from './playback/get-media.ts';
import { parseJsonObject, readJsonBody } from './request/json-body.ts';
import { SignatureCheck } from './signature/signature-check.ts';
import type { FragmentStore, StreamIndex } from './storage.ts';

export interface ServiceOptions {
  readonly platform: ServicePlatform;
  /** Stays the caller's: `close` does not close it. */
  readonly streams: StreamIndex;
  /** Stays the caller's: `close` does not close it. */
  readonly fragments: FragmentStore;
  /** Key pairs that requests may be signed with. */
  readonly credentials: readonly ServiceCredentials[];
  /** Base URL that clients reach the service under: what GetDataEndpoint answers. A function is asked at every call. */
  readonly publicUrl: string | (() => string);
  /** Part of every ARN. Default `us-east-1`. Requests may be signed for any region. */
  readonly region?: string;
  /** Twelve digits, part of every ARN. Default `000000000000`. */
  readonly accountId?: string;
  readonly limits?: Partial<ServiceLimits>;
}

export interface Service {
  /** Answers one request. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Ends live connections and stops every timer; resolves when nothing of the service runs any more. */
  close(): Promise<void>;
}

const OPERATIONS: readonly Operation[] = [...STREAM_OPERATIONS, ...TAG_OPERATIONS, getDataEndpoint];

/** Starts the application over two storage engines; resolves when what an earlier process left half done is taken up. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const plane = createControlPlane(options);
  const { platform, limits } = plane;
  const signatures = new SignatureCheck({
    platform,
    credentials: options.credentials,
    clockToleranceMs: limits.clockToleranceMs,
  });
  // Operations look before they write: one at a time, so that none acts on what another is about to change.
  const controlPlane = platform.createMutex();

  const router = new Hono();
  router.use(
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST'],
      // Without these, an SDK in a page sees every error as "Unknown" (service-api §6). Request headers are echoed.
      exposeHeaders: ['x-amzn-RequestId', 'x-amzn-ErrorType', 'Date'],
      maxAge: 86_400,
    }),
  );
  router.use(async (routed, next) => {
    await next();
    routed.header('x-amzn-RequestId', newRequestId(platform));
  });
  for (const operation of OPERATIONS) {
    router.post(operation.path, async ({ req }) => {
      const body = await readJsonBody(req.raw, limits, platform);
      await signatures.verify(req.raw, body);
      const input = parseJsonObject(body);
      return Response.json(await controlPlane.run(() => operation.run(plane, input)));
    });
  }
  router.post('/putMedia', async ({ req }) => {
    await signatures.verify(req.raw, null);
    return putMedia(plane, req.raw);
  });
  router.post('/getMedia', async ({ req }) => {
    const body = await readJsonBody(req.raw, limits, platform);
    await signatures.verify(req.raw, body);
    return getMedia(plane, parseJsonObject(body));
  });
  router.notFound(({ req }) => {
    return errorResponse(new ServiceError('UnknownOperationException', `No operation ${req.method} ${req.path}`));
  });
  router.onError((error, { req }) => {
    if (error instanceof ServiceError) return errorResponse(error);
    platform.log('error', 'request failed', { path: req.path, error: describeError(error) });
    return errorResponse(new ServiceError('InternalFailure', 'The service failed; its log says why'));
  });

  await plane.lifecycle.resume();
  plane.retention.start();
  return {
    fetch: async (request) => router.fetch(request),
    async close() {
      plane.lifecycle.close();
      await plane.live.close();
      await plane.retention.close();
    },
  };
}

function createControlPlane(options: ServiceOptions): ControlPlane {
  const { platform, streams, fragments, publicUrl } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const context: ServiceContext = {
    platform,
    streams,
    fragments,
    limits,
    live: new LiveHub({ platform, limits }),
    region: options.region ?? 'us-east-1',
    accountId: options.accountId ?? '000000000000',
  };
  return {
    ...context,
    publicUrl: () => (typeof publicUrl === 'string' ? publicUrl : publicUrl()).replace(/\/+$/, ''),
    lifecycle: new StreamLifecycle(context),
    retention: new RetentionSweep(context),
  };
}

function errorResponse(error: ServiceError): Response {
  return Response.json(
    { Message: error.message },
    // The guide prints this header as x-amz-ErrorType; real clients read x-amzn-ErrorType only (service-api §0.1).
    { status: error.httpStatus, headers: { 'x-amzn-ErrorType': error.errorType } },
  );
}
