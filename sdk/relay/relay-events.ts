/** What a stream through a relay tells. */
import type { KvsError } from '../errors.ts';
import type { EventMessage, LostMessage, ServiceAckMessage } from './relay-message.ts';

/** The relay has welcomed the client. */
export interface RelayConnectedEvent {
  readonly type: 'relay-connected';
  /** Counts the stream's connections to the relay, from 1. */
  readonly connection: number;
  /** The relay still had what it had received; otherwise everything that is not persisted is sent again. */
  readonly isResumed: boolean;
  /** Messages that are sent again. */
  readonly resentMessages: number;
}

/** A connection to the relay is over although the stream is not. */
export interface RelayDisconnectedEvent {
  readonly type: 'relay-disconnected';
  readonly connection: number;
  /** Of the WebSocket. */
  readonly code: number;
  readonly reason: string;
  readonly error: KvsError | undefined;
  /** Wait before the next attempt, milliseconds. */
  readonly delayMs: number;
}

/** The stream has failed for good; every pending call was rejected with this error. */
export interface RelayFailedEvent {
  readonly type: 'failed';
  readonly error: unknown;
}

export type RelayStreamEvent =
  RelayConnectedEvent | RelayDisconnectedEvent | RelayFailedEvent | EventMessage | LostMessage;

/** An ack of the service, as the relay passed it on. */
export type RelayAck = Omit<ServiceAckMessage, 'type'>;
