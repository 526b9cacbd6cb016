/** The modelled service's control plane: finds, creates and tags streams, tells endpoints, and errs in every way of the API. */
import type { PlatformRequest } from '../../sdk/platform.ts';
import type { Random } from './random.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

export interface ControlAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

interface StreamRow {
  status: 'CREATING' | 'ACTIVE';
  retentionHours: number;
}

/** Errors that end by themselves: HTTP status and name. */
const PASSING_ERRORS: readonly (readonly [status: number, name: string])[] = [
  [500, 'InternalFailure'],
  [503, 'ServiceUnavailable'],
  [504, ''],
  [408, 'RequestTimeout'],
  [429, 'TooManyRequestsException'],
  [400, 'ThrottlingException'],
  [400, 'ClientLimitExceededException'],
  [400, 'ConnectionLimitExceededException'],
  [400, 'AccountStreamLimitExceededException'],
  [400, 'DeviceStreamLimitExceededException'],
  [400, 'ResourceInUseException'],
  [403, 'AccessDeniedException'],
  [401, 'NotAuthorizedException'],
  [403, 'ExpiredTokenException'],
  [400, 'IncompleteSignature'],
  [404, 'ResourceNotFoundException'],
  [302, ''],
  [502, ''],
];

const fault = (status: number, name: string): ControlAnswer => ({
  status,
  ...(name === '' ? {} : { headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` } }),
  body: name === '' ? '<html>Bad gateway</html>' : JSON.stringify({ Message: `Simulated ${name}` }),
});

export class ControlPlane {
  /** Streams that were told something after which a producer has to give them up. */
  readonly givenUp = new Set<string>();
  /** Nobody answers at the endpoint that was moved away from. */
  leavesSilence = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #tokens: Tokens;
  readonly #rows = new Map<string, StreamRow>();
  #port = 2;

  constructor(world: World, tokens: Tokens) {
    this.#world = world;
    this.#random = world.random.fork('control plane');
    this.#tokens = tokens;
    world.on('moved-endpoint', ({ value }) => {
      this.#port++;
      this.leavesSilence = value < 0.5;
    });
  }

  /** A stream that is there from the beginning. */
  addStream(name: string, retentionHours: number): void {
    this.#rows.set(name, { status: 'ACTIVE', retentionHours });
  }

  /** Whether requests to this address still arrive at the service. */
  isCurrent(url: URL): boolean {
    return url.port === String(this.#port);
  }

  hasRetention(name: string): boolean {
    return (this.#rows.get(name)?.retentionHours ?? 0) > 0;
  }

  answer(path: string, request: PlatformRequest): ControlAnswer {
    const refusal = this.#tokens.refusal(request);
    if (refusal !== undefined) return fault(403, refusal);
    const errors = this.#world.active('control-errors');
    if (errors !== undefined && this.#random.chance(0.8)) return this.#passingError(path, errors.value);
    const body = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Record<string, unknown>;
    const name = String(body['StreamName'] ?? body['StreamARN']).replace(/^arn:/, '');
    if (this.#world.isOn('fatal-answers')) return this.#fatal(path, name);
    switch (path) {
      case '/describeStream':
        return this.#describe(name);
      case '/createStream':
        return this.#create(name, Number(body['DataRetentionInHours'] ?? 0));
      case '/tagStream':
        return this.#random.chance(0.1) ? fault(400, 'TagsPerResourceExceededLimitException') : json({});
      case '/getDataEndpoint':
        if (!this.#rows.has(name)) return fault(404, 'ResourceNotFoundException');
        return json({ DataEndpoint: `http://127.0.0.1:${this.#port}` });
      default:
        this.#world.fail('unknown request', path);
        return fault(404, 'UnknownOperationException');
    }
  }

  #passingError(path: string, value: number): ControlAnswer {
    const [status, name] = PASSING_ERRORS[Math.floor(value * PASSING_ERRORS.length)] ?? [500, ''];
    // Only where it says something else than that the stream is not there.
    const isAboutStream = status === 404 || name === 'ResourceInUseException';
    if (isAboutStream && path !== '/createStream') return fault(500, 'InternalFailure');
    if (this.#random.chance(0.1)) return { status: 200, body: '{"broken' };
    return fault(status, name);
  }

  /** Answers that no retry can help, of which the native state machines make an end. */
  #fatal(path: string, name: string): ControlAnswer {
    this.givenUp.add(name);
    if (path === '/describeStream' && this.#random.chance(0.5)) return describe(name, 'DELETING', 24);
    return fault(400, 'InvalidArgumentException');
  }

  #describe(name: string): ControlAnswer {
    const row = this.#rows.get(name);
    return row === undefined ? fault(404, 'ResourceNotFoundException') : describe(name, row.status, row.retentionHours);
  }

  #create(name: string, retentionHours: number): ControlAnswer {
    if (this.#rows.has(name)) return fault(400, 'ResourceInUseException');
    const row: StreamRow = { status: 'CREATING', retentionHours };
    this.#rows.set(name, row);
    this.#world.time.after(this.#random.between(0, 5_000), () => (row.status = 'ACTIVE'));
    return json({ StreamARN: `arn:${name}` });
  }
}

const json = (answer: object): ControlAnswer => ({ status: 200, body: JSON.stringify(answer) });

const describe = (name: string, status: string, retentionHours: number): ControlAnswer =>
  json({
    StreamInfo: {
      StreamARN: `arn:${name}`,
      Status: status,
      ...(retentionHours === 0 ? {} : { DataRetentionInHours: retentionHours }),
    },
  });
