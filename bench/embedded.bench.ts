/** The whole way of a frame inside engines that applications embed: QuickJS on the translated core, and a bare context of V8 on the compiled one. */
import { readFileSync } from 'node:fs';
import { type Engine, startBareV8, startQuickJs } from '../test/support/embedded-engines.ts';
import { coreFile } from './core-stream.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB, PARAMETER_SETS } from './payload.ts';
import { type Group, type Measurement, rowOf, type Timed } from './row.ts';

/** What `scripts/bench.mjs` bundled for engines. */
const moduleText = (name: string): string => readFileSync(new URL(`${name}.js`, import.meta.url), 'utf8');
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  quickjs: () => startQuickJs(moduleText('engine-translated')),
  'bare-v8': async () => startBareV8(moduleText('engine-compiled')),
};

const STORE_BYTES = 1 << 20;
const STREAMS = 20;

/** What QuickJS has allocated, step by step. */
const memoryRows: Group = {
  name: 'embedded-quickjs/memory',
  async measureAll() {
    const empty = (await startQuickJs('')).memoryBytes();
    const engine = await startQuickJs(moduleText('engine-producer'));
    const loaded = engine.memoryBytes();
    engine.call('make', STORE_BYTES);
    const made = engine.memoryBytes();
    for (let count = 0; count < STREAMS; count++) engine.call('openStream');
    if (engine.call('openStreams') !== STREAMS) throw new Error('Not all streams are open');
    const figures = {
      'bundle-loaded': loaded - empty,
      'producer-beside-store': made - loaded - STORE_BYTES,
      'stream-beside-store': (engine.memoryBytes() - made) / STREAMS,
    };
    return Object.entries(figures).map(([name, bytes]) =>
      rowOf({ name: `embedded-quickjs/memory/${name}`, unit: 'KiB' }, [bytes / 1024]),
    );
  },
};

const pathRows: readonly Timed[] = Object.entries(ENGINES).flatMap(([name, start]) =>
  [KB, 10 * KB].flatMap((frameBytes) =>
    [true, false].map((adapts) => ({
      name: `embedded-${name}/put-read-trim/${adapts ? 'annexb-to-avcc' : 'no-adaptation'}/${frameSizeLabel(frameBytes)}`,
      unit: 'frames/s' as const,
      async open() {
        const engine = await start();
        engine.call('open', adapts, bufferOf(PARAMETER_SETS), bufferOf(readFileSync(coreFile('simd'))));
        for (const frame of annexBGroup(GROUP_FRAMES, frameBytes, 'hot')) engine.call('addFrame', bufferOf(frame));
        engine.call('run', 1);
        return {
          amount: GROUP_FRAMES,
          run() {
            const trimmed = Number(engine.call('run', 1));
            if (trimmed !== GROUP_FRAMES) throw new Error(`Trimmed ${trimmed} frames`);
          },
          close: () => engine.dispose(),
        };
      },
    })),
  ),
);

export const embeddedRows: readonly Measurement[] = [...pathRows, memoryRows];
