/** The relay's end of one exchange over a pipe: it checks the request, makes it, and passes the answer back as it comes. */
import { ServiceCallError } from '../../../sdk/errors.ts';
import type { PlatformResponse } from '../../../sdk/platform.ts';
import { ReceivedBody, SendCredit, sendBody } from '../../../sdk/relay/pipe-body.ts';
import {
  decodeCredit,
  encodeCredit,
  encodeJson,
  encodeReset,
  PIPE_LIMITS,
  PIPE_MESSAGE,
  PIPE_RESET,
  PipeProtocolError,
} from '../../../sdk/relay/pipe-message.ts';
import type { RelayGrant } from './grant.ts';
import { allowedApi, allowedBody, allowedHeaders, PIPE_REFUSAL, PipeRefusal } from './pipe-requests.ts';
import { type PipeService, PSEUDO_ENDPOINT } from './pipe-service.ts';
import { isOfRights } from './service-words.ts';

export interface RelayExchangeHost {
  readonly grant: RelayGrant;
  readonly service: PipeService;
  readonly mayCreate: boolean;
  send(type: number, payload?: Uint8Array): void;
  /** Waits until the grant's rate allows as many bytes more. */
  pace(bytes: number, signal: AbortSignal): Promise<void>;
  /** Throws `PipeRefusal` when this exchange, or one more call, is too many. */
  admit(): void;
  /** No answer came, or it broke off; or the service's words were not for the client. */
  onTrouble(error: unknown): void;
}

/** A body of the control plane: 50 tags of the longest names and values, escaped. */
const MAX_CONTROL_BODY_BYTES = 131_072;
/** What of an answer's head goes back. */
const ANSWER_HEADERS = ['content-type', 'x-amzn-requestid', 'x-amzn-errortype'];

export class RelayExchange {
  readonly #host: RelayExchangeHost;
  readonly #abort = new AbortController();
  readonly #credit = new SendCredit(PIPE_LIMITS.responseWindowBytes);
  readonly #body: ReceivedBody;
  #isOver = false;

  constructor(host: RelayExchangeHost) {
    this.#host = host;
    const { signal } = this.#abort;
    this.#body = new ReceivedBody(PIPE_LIMITS.requestWindowBytes, {
      grant: (bytes) => this.#send(PIPE_MESSAGE.CREDIT, encodeCredit(bytes)),
      pace: (bytes) => host.pace(bytes, signal),
      onCancel: () => undefined,
    });
  }

  /** Resolves when the exchange is over; never rejects. */
  async run(head: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.#answer(await this.#call(head).catch((error: unknown) => this.#refusal(error)));
    } catch (error) {
      if (!this.#isOver) this.#host.onTrouble(error);
      this.#send(PIPE_MESSAGE.RESET, encodeReset(PIPE_RESET.NETWORK, 'the service cannot be reached, or was lost'));
    } finally {
      this.end();
    }
  }

  /** Throws `PipeProtocolError`. */
  receive(type: number, payload: Uint8Array): void {
    if (type === PIPE_MESSAGE.DATA) this.#body.push(payload);
    else if (type === PIPE_MESSAGE.END) this.#body.end();
    else if (type === PIPE_MESSAGE.CREDIT) this.#credit.add(decodeCredit(payload));
    else if (type === PIPE_MESSAGE.RESET) this.end();
    else throw new PipeProtocolError(`A message of type ${type} for a relay`);
  }

  /** Ends the exchange at once, and with it its request to the service. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const reason = new DOMException('The exchange is over', 'AbortError');
    this.#credit.close();
    this.#body.fail(reason);
    this.#abort.abort(reason);
  }

  async #call(head: Readonly<Record<string, unknown>>): Promise<PlatformResponse> {
    const { grant, service, mayCreate } = this.#host;
    const { signal } = this.#abort;
    this.#host.admit();
    const api = allowedApi(head['method'], head['path'], mayCreate);
    const headers = allowedHeaders(api, head['headers'], grant);
    if (api === 'putMedia') return service.putMedia(headers, this.#body.stream, signal);
    const input = allowedBody(api, await this.#wholeBody(), grant);
    if (api !== 'getDataEndpoint') return service.control(api, headers, input, signal);
    await service.findDataEndpoint(signal);
    return jsonAnswer(200, { DataEndpoint: PSEUDO_ENDPOINT });
  }

  async #wholeBody(): Promise<Uint8Array> {
    const body = new Uint8Array(MAX_CONTROL_BODY_BYTES);
    let sizeBytes = 0;
    const reader = this.#body.stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return body.subarray(0, sizeBytes);
      if (sizeBytes + value.length > body.length)
        throw new PipeRefusal(PIPE_REFUSAL.BODY_SIZE, `The body is longer than ${body.length} bytes`);
      body.set(value, sizeBytes);
      sizeBytes += value.length;
    }
  }

  async #answer(response: PlatformResponse): Promise<void> {
    const { status, body } = response;
    const headers = ANSWER_HEADERS.flatMap((name) => {
      const value = response.header(name);
      return value === null ? [] : [[name, value] as const];
    });
    this.#send(PIPE_MESSAGE.HEAD, encodeJson({ status, headers: Object.fromEntries(headers) }));
    const send = (piece: Uint8Array): void => this.#send(PIPE_MESSAGE.DATA, piece);
    if (body === null || (await sendBody(body, this.#credit, send))) this.#send(PIPE_MESSAGE.END);
  }

  /** What the relay refuses, and what the service refused to the relay itself, as the client's answer. Throws what no answer says. */
  #refusal(error: unknown): PlatformResponse {
    if (error instanceof PipeRefusal) return jsonAnswer(error.status, { Message: error.message }, error.errorType);
    if (!(error instanceof ServiceCallError) || error.httpStatus === undefined) throw error;
    const { httpStatus, errorType, requestId, reason } = error;
    const isHidden = isOfRights(error);
    if (isHidden) this.#host.onTrouble(error);
    const message = isHidden ? 'the service refuses the relay' : reason;
    return jsonAnswer(httpStatus, { Message: message }, errorType, requestId);
  }

  #send(type: number, payload?: Uint8Array): void {
    if (!this.#isOver) this.#host.send(type, payload);
  }
}

function jsonAnswer(status: number, fields: object, errorType?: string, requestId?: string): PlatformResponse {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (errorType !== undefined) headers.set('x-amzn-errortype', errorType);
  if (requestId !== undefined) headers.set('x-amzn-requestid', requestId);
  return { status, header: (name) => headers.get(name), body: new Response(JSON.stringify(fields)).body };
}
