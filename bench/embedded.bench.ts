/** The whole way of a frame inside engines that applications embed: QuickJS on the translated core, and a bare context of V8 on the compiled one. */
import { readFileSync } from 'node:fs';
import { type Engine, startBareV8, startQuickJs } from '../test/support/embedded-engines.ts';
import { coreFile } from './core-stream.ts';
import { annexBGroup, frameSizeLabel, GROUP_FRAMES, KB, PARAMETER_SETS } from './payload.ts';
import type { Timed } from './row.ts';

/** What `scripts/bench.mjs` bundled for engines. */
const moduleText = (name: string): string => readFileSync(new URL(`${name}.js`, import.meta.url), 'utf8');
const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  quickjs: () => startQuickJs(moduleText('engine-translated')),
  'bare-v8': async () => startBareV8(moduleText('engine-compiled')),
};

export const embeddedRows: readonly Timed[] = Object.entries(ENGINES).flatMap(([name, start]) =>
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
