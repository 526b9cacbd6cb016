/** The modelled service's media plane: takes sessions, keeps what is whole, and knows what a restart forgets. */
import type { Core } from '../../sdk/core/core.ts';
import type { Connection, PutAnswer } from './connection.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Fault } from './faults.ts';
import type { FrameBook } from './frame-book.ts';
import { IngestSession } from './ingest-session.ts';
import type { Random } from './random.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

/** What PutMedia is answered with instead of 200. */
const PUT_ERRORS: readonly (readonly [status: number, name: string])[] = [
  [400, 'ClientLimitExceededException'],
  [400, 'ConnectionLimitExceededException'],
  [400, 'InvalidArgumentException'],
  [400, 'InvalidEndpointException'],
  [400, 'ThrottlingException'],
  [401, 'NotAuthorizedException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [408, ''],
  [429, ''],
  [500, 'InternalFailure'],
  [502, ''],
  [503, 'ServiceUnavailable'],
  [504, ''],
];

/** Of error acks, those for a fragment that was received before. */
const REPEATED_SHARE = 0.3;

export class MediaHost {
  /** Rises with each restart: what was not on disk before it is forgotten. */
  epoch = 0;
  readonly world: World;
  readonly core: Core;
  readonly random: Random;
  readonly control: ControlPlane;
  readonly #tokens: Tokens;
  readonly #books = new Map<string, FrameBook>();
  /** The newest session of each stream. */
  readonly #live = new Map<string, IngestSession>();
  #armed: Fault | undefined;
  #fragmentNumber = 91_343_852_333_181n;

  constructor(world: World, core: Core, tokens: Tokens, control: ControlPlane) {
    this.world = world;
    this.core = core;
    this.control = control;
    this.#tokens = tokens;
    this.random = world.random.fork('media host');
    world.on('error-ack', (fault) => (this.#armed = fault));
    world.on('restart', () => this.#restart());
    world.on('early-close', (fault) => this.#closeAll(fault));
  }

  addBook(book: FrameBook): void {
    this.#books.set(book.streamName, book);
  }

  accept(connection: Connection): PutAnswer {
    const refusal = this.#tokens.refusal(connection.request);
    if (refusal !== undefined) return refuse(403, refusal);
    const errors = this.world.active('put-errors');
    if (errors !== undefined && this.random.chance(0.8)) {
      const [status, name] = PUT_ERRORS[Math.floor(errors.value * PUT_ERRORS.length)] ?? [500, ''];
      return refuse(status, name);
    }
    const name = connection.request.headers['x-amzn-stream-name'] ?? '';
    const book = this.#books.get(name);
    if (book === undefined) return refuse(404, 'ResourceNotFoundException');
    this.#live.get(name)?.replace();
    const session = new IngestSession(this, connection, book);
    this.#live.set(name, session);
    this.world.tally.sessions++;
    this.world.time.note(`session of ${name} begins`);
    return { status: 200, peer: session };
  }

  /** The fault that waits for a fragment to befall; some wait for one that is sent again. */
  takeArmed(isRepeated: boolean): Fault | undefined {
    const armed = this.#armed;
    if (armed !== undefined && !isRepeated && (armed.value * 10) % 1 < REPEATED_SHARE) return undefined;
    this.#armed = undefined;
    return armed;
  }

  nextFragmentNumber(): string {
    return String(++this.#fragmentNumber);
  }

  /** The session over which acks of a session that is gone would come. */
  successorOf(session: IngestSession): IngestSession | undefined {
    const live = this.#live.get(session.streamName);
    return live === session || live?.startMs !== session.startMs ? undefined : live;
  }

  onSessionOver(session: IngestSession): void {
    if (this.#live.get(session.streamName) === session) this.#live.delete(session.streamName);
  }

  #restart(): void {
    this.epoch++;
    for (const session of [...this.#live.values()]) session.replace();
  }

  #closeAll({ value }: Fault): void {
    for (const session of [...this.#live.values()]) session.close(value < 0.5 ? 0 : value * 1000);
  }
}

const refuse = (status: number, name: string): PutAnswer => ({
  status,
  headers: { 'x-amzn-errortype': name },
  text: JSON.stringify({ Message: `Simulated ${name}` }),
});
