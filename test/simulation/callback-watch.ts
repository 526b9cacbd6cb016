/** An application that hears of its producer by callbacks, and holds them to what streams tell by events. */
import { DefaultCallbackProvider } from '../../sdk/producer/callbacks/index.ts';
import type { Platform } from '../../sdk/platform.ts';
import type { FrameBook } from './frame-book.ts';
import type { World } from './world.ts';

export class CallbackWatch {
  readonly provider: DefaultCallbackProvider;
  readonly #world: World;
  readonly #lostFrames = new Map<string, number>();
  readonly #toldBefore = new Map<string, number>();
  readonly #books: readonly FrameBook[];
  #isReady = false;
  #isShutDown = false;

  constructor(world: World, platform: Platform, endpoint: string, books: readonly FrameBook[]) {
    this.#world = world;
    this.#books = books;
    for (const { streamName, told } of books) this.#toldBefore.set(streamName, told);
    this.provider = new DefaultCallbackProvider(platform, {
      endpoint,
      clientCallbacks: {
        clientReady: () => {
          this.#check(!this.#isReady && !this.#isShutDown, 'clientReady came late, or twice');
          this.#isReady = true;
        },
        clientShutdown: () => {
          this.#check(!this.#isShutDown, 'clientShutdown came twice');
          this.#isShutDown = true;
        },
      },
      streamCallbacks: {
        droppedFrameReport: ({ streamName }) => this.#lose(streamName, 1),
        droppedFragmentReport: ({ streamName, frames }) => this.#lose(streamName, frames),
        streamDataAvailable: ({ sizeBytes }) => this.#check(sizeBytes > 0, 'streamDataAvailable without data'),
        fragmentAckReceived: () => this.#check(!this.#isShutDown, 'an ack after clientShutdown'),
        streamShutdown: () => this.#check(!this.#isShutDown, 'streamShutdown after clientShutdown'),
      },
    });
  }

  /** The producer could not start. */
  checkFailedStart(): void {
    this.#check(!this.#isReady && this.#isShutDown, 'clientShutdown did not come, or a client that failed was ready');
  }

  /** The producer is closed. */
  checkEnd(): void {
    this.#check(this.#isReady && this.#isShutDown, 'clientReady or clientShutdown did not come');
    for (const { streamName, told } of this.#books) {
      const owed = told - (this.#toldBefore.get(streamName) ?? 0);
      const lost = this.#lostFrames.get(streamName) ?? 0;
      this.#check(lost >= owed, `${streamName}: events told of ${owed} frames, callbacks of ${lost}`);
    }
  }

  #lose(streamName: string, frames: number): void {
    this.#lostFrames.set(streamName, (this.#lostFrames.get(streamName) ?? 0) + frames);
  }

  #check(holds: boolean, detail: string): void {
    this.#world.check(holds, 'callbacks tell what events tell', () => detail);
  }
}
