/** A session engine over a scripted service, without a stream: what it calls, and what it tells. */
import { type CachedCredentials, cachedCredentials } from '../../sdk/aws/credentials.ts';
import type { Platform } from '../../sdk/platform.ts';
import type { EngineHost, SessionStart } from '../../sdk/producer/engine-host.ts';
import type { EngineOptions } from '../../sdk/producer/engine-options.ts';
import type { StreamEvent } from '../../sdk/producer/events.ts';
import { SessionEngine } from '../../sdk/producer/session-engine.ts';
import { awsServiceCalls } from '../../sdk/producer/signed-access.ts';
import type { SessionEnd } from '../../sdk/producer/upload-session.ts';
import { type ScriptedAnswer, ScriptedPlatform } from './scripted-platform.ts';

/** What DescribeStream says of a stream that can be written to. */
export const ACTIVE = { body: '{"StreamInfo":{"StreamARN":"arn:1","Status":"ACTIVE","DataRetentionInHours":24}}' };
export const statusAnswer = (status: string): ScriptedAnswer => ({ body: ACTIVE.body.replace('ACTIVE', status) });
export const failure = (status: number, errorType: string): ScriptedAnswer => ({
  status,
  headers: { 'x-amzn-errortype': errorType },
  body: '{}',
});

/** What an engine is told of a stream that is there, or may be made. */
export function engineOptions(platform: Platform, credentials: CachedCredentials): EngineOptions {
  return {
    platform,
    calls: awsServiceCalls({ platform, region: 'eu-west-1', endpoint: 'http://127.0.0.1:1', credentials }),
    credentials,
    streamName: 'front-door',
    mediaType: 'video/h264',
    createIfMissing: true,
    retentionHours: 24,
    kmsKeyId: undefined,
    tags: undefined,
    timecodeType: 'absolute',
    stallTimeoutMs: 30_000,
    failsFast: true,
  };
}

/** Runs an engine over a scripted service with a stream that has something to send until told otherwise. */
export class EngineBench implements EngineHost {
  readonly expectsAcks = true;
  readonly platform = new ScriptedPlatform();
  readonly events: StreamEvent[] = [];
  readonly ends: SessionEnd[] = [];
  readonly engine: SessionEngine;
  work = true;
  complete = false;
  over = false;
  progressed = false;
  readyCount = 0;
  retentionHours: number | undefined;
  failure: unknown;
  credentialFetches = 0;
  #isRunning = false;

  constructor(options: Partial<EngineOptions> = {}) {
    this.platform
      .on('/describeStream', ACTIVE)
      .on('/createStream', { body: '{"StreamARN":"arn:1"}' })
      .on('/tagStream', { body: '{}' })
      .on('/getDataEndpoint', { body: '{"DataEndpoint":"http://127.0.0.1:2"}' })
      .on('/putMedia', () => new Promise<never>(() => undefined));
    const credentials = cachedCredentials(this.platform, () => {
      this.credentialFetches++;
      return Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' });
    });
    this.engine = new SessionEngine({ ...engineOptions(this.platform, credentials), ...options }, this);
  }

  /** Starts the engine, unless it runs, and lets everything happen for a while. */
  async run(forMs = 0): Promise<this> {
    if (!this.#isRunning) void this.engine.run().catch((error: unknown) => (this.failure = error));
    this.#isRunning = true;
    await this.platform.idle();
    for (let passed = 0; passed < forMs; passed += 50) {
      await this.platform.advance(Math.min(50, forMs - passed));
      await this.platform.idle();
    }
    return this;
  }

  get calls(): string {
    return this.platform.paths.map((path) => path.slice(1)).join(' ');
  }

  hasWork = (): boolean => this.work;
  isComplete = (): boolean => this.complete;
  isHandingOver = (): boolean => this.over;
  handOver = (): void => void (this.over = true);
  read = (): number => 0;
  unsentBytes = (): number => 0;
  isAckOwed = (): boolean => false;
  onConnected = (): void => undefined;
  onAck = (): undefined => undefined;
  onAckError = (): void => undefined;
  beginSession = (): SessionStart => {
    this.over = false;
    return { startUs: 1_500_000_000_005_000, resentFragments: 0 };
  };
  endSession(end: SessionEnd): number {
    this.ends.push(end);
    return 3;
  }
  tookProgress(): boolean {
    const { progressed } = this;
    this.progressed = false;
    return progressed;
  }
  onDescribed({ retentionHours }: { readonly retentionHours: number }): void {
    this.retentionHours = retentionHours;
  }
  onReady = (): void => void this.readyCount++;
  onEvent = (event: StreamEvent): void => void this.events.push(event);
}
