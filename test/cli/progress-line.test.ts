/** The progress line on a terminal and without one, and the pace of frames. */
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asFastAsPossible, inRealTime } from '../../cli/pacing.ts';
import { ProgressLine } from '../../cli/progress-line.ts';
import type { SourceFrame } from '../../cli/sources/media-source.ts';

const it = suite('progress and pace');

function output(isTTY: boolean): {
  readonly text: () => string;
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
} {
  let written = '';
  return { isTTY, columns: 20, text: () => written, write: (text) => (written += text) };
}

it('ProgressLine rewrites one line of a terminal, cut to its width, and leaves it empty', async () => {
  const terminal = output(true);
  {
    using progress = new ProgressLine(terminal, () => 'x'.repeat(50));
    await delay(350);
    progress.note('a line that stays');
  }
  assert.not.match(terminal.text(), /x{20}/);
  assert.match(terminal.text(), /x{19}/);
  assert.ok(terminal.text().split('\r').length > 2, 'drawn more than once');
  assert.match(terminal.text(), /\r\u001b\[2Ka line that stays\n$/);
});

it('ProgressLine writes no control characters where there is no terminal', async () => {
  const log = output(false);
  {
    using progress = new ProgressLine(log, () => 'progress');
    progress.note('started');
    await delay(150);
  }
  assert.is(log.text(), 'started\n');
});

async function* frames(...dueMs: number[]): AsyncGenerator<SourceFrame> {
  for (const due of dueMs) {
    yield {
      trackNumber: 1,
      data: new Uint8Array(1),
      timestampUs: due * 1000,
      durationUs: 0,
      dueUs: due * 1000,
      isKey: true,
    };
  }
}

it('inRealTime() holds each frame back until it is due', async () => {
  const startMs = performance.now();
  const arrivals: number[] = [];
  for await (const _ of inRealTime(frames(0, 60, 120), new AbortController().signal))
    arrivals.push(performance.now() - startMs);
  for (const [index, due] of [0, 60, 120].entries())
    assert.ok(arrivals[index]! >= due - 2, `frame ${index} at ${arrivals[index]} ms`);
});

it('inRealTime() says how late a frame is', async () => {
  async function* slow(): AsyncGenerator<SourceFrame> {
    for await (const frame of frames(0, 1)) {
      await delay(frame.dueUs === 0 ? 0 : 80);
      yield frame;
    }
  }
  const lags: number[] = [];
  for await (const { lagMs } of inRealTime(slow(), new AbortController().signal)) lags.push(lagMs);
  assert.is(lags[0], 0);
  assert.ok(lags[1]! > 50, `${lags[1]} ms`);
});

it('inRealTime() and asFastAsPossible() end quietly when asked to stop', async () => {
  for (const pace of [inRealTime, asFastAsPossible]) {
    const stop = new AbortController();
    let taken = 0;
    for await (const _ of pace(frames(0, 5, 60_000), stop.signal)) {
      if (++taken === 2) setTimeout(() => stop.abort(), 20);
      if (taken === 2) await delay(40);
    }
    assert.is(taken, 2, pace.name);
  }
});

it.run();
