/** All threads that put frames into one stream. */
import { NAL_ADAPTATION } from '../core/stream-config.ts';
import { CorePoisonedError } from '../errors.ts';
import type { CoreStream } from '../core/core-stream.ts';
import { nalAdaptation } from '../producer/frames/frame-intake.ts';
import type { Track } from '../producer/frames/tracks.ts';
import type { StreamOwner } from '../producer/stream-owner.ts';
import { TOKEN_TYPE } from './share-message.ts';
import { type SharedStream, StreamShare } from './stream-share.ts';
import type { ThreadHub } from './thread-hub.ts';

export interface StreamSharesOptions {
  readonly hub: ThreadHub;
  readonly owner: Pick<StreamOwner, 'platform' | 'store' | 'onPoisoned'>;
  readonly stream: SharedStream & { readonly name: string };
  readonly coreStream: CoreStream;
  readonly tracks: readonly Track[];
  readonly isStamped: boolean;
}

export class StreamShares {
  readonly #options: StreamSharesOptions;
  readonly #shares = new Set<StreamShare>();

  constructor(options: StreamSharesOptions) {
    this.#options = options;
  }

  open(): StreamShare {
    const { hub, owner, stream, coreStream, tracks, isStamped } = this.#options;
    const share = new StreamShare({
      platform: owner.platform,
      hub,
      store: owner.store,
      stream,
      nal: () => knownAdaptation(tracks),
      token: {
        type: TOKEN_TYPE,
        streamName: stream.name,
        module: hub.module,
        memory: owner.store.memory as WebAssembly.Memory,
        lock: hub.lockMemory,
        store: owner.store.handle,
        stream: coreStream.handle,
        isStamped,
        tracks: tracks.map(({ number, kind }) => ({ number, isVideo: kind === 'video' })),
      },
      onOver: (gone) => this.#shares.delete(gone),
      onBroken: () => this.#findBroken(),
    });
    this.#shares.add(share);
    return share;
  }

  /** Takes what other threads have put so far. */
  drain(): void {
    for (const share of this.#shares) share.drain();
  }

  /** The stream has ended. */
  end(reason: unknown): void {
    for (const share of this.#shares) share.end(reason);
  }

  /** Any call into the core tells now that it has failed. */
  #findBroken(): void {
    try {
      void this.#options.owner.store.usedBytes;
    } catch (error) {
      if (error instanceof CorePoisonedError) this.#options.owner.onPoisoned(error);
    }
  }
}

/** How the core adapts NAL units; −1 while the first frame of some track is still to show it. */
function knownAdaptation(tracks: readonly Track[]): number {
  return tracks.some(({ framing }) => framing === undefined) ? -1 : NAL_ADAPTATION[nalAdaptation(tracks)];
}
