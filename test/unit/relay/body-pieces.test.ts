/** What waits of a body is as long in memory as its bytes, however it was cut; and nothing of it changes. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BodyPieces } from '../../../sdk/relay/body-pieces.ts';
import { ReceivedBody } from '../../../sdk/relay/pipe-body.ts';

const it = suite('body pieces');

const shiftAll = (pieces: BodyPieces): Uint8Array[] => {
  const all: Uint8Array[] = [];
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) all.push(piece);
  return all;
};

it('a window of pieces of a byte waits in a few pieces, and is read in as many', async () => {
  const windowBytes = 262_144;
  const body = new ReceivedBody(windowBytes, { grant: () => undefined, onCancel: () => undefined });
  for (let at = 0; at < windowBytes; at++) body.push(Uint8Array.of(at & 0xff));
  body.end();
  let reads = 0;
  let at = 0;
  for await (const piece of body.stream) {
    reads++;
    for (const byte of piece) if (byte !== (at++ & 0xff)) throw new Error(`byte ${at - 1} is ${byte}`);
  }
  assert.is(at, windowBytes);
  assert.ok(reads <= 18, `${reads} pieces were kept`);
});

it('what goes in comes out, in whatever order it is put and read', () => {
  const step = fc.oneof(fc.constant('read' as const), fc.integer({ min: 1, max: 9_000 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const pieces = new BodyPieces();
      const put: number[] = [];
      const read: number[] = [];
      for (const next of steps) {
        if (next === 'read') read.push(...(pieces.shift() ?? []));
        else {
          const piece = Uint8Array.from({ length: next }, (_, at) => (put.length + at) % 251);
          pieces.push(piece);
          put.push(...piece);
        }
      }
      read.push(...shiftAll(pieces).flatMap((piece) => [...piece]));
      assert.is(pieces.count, 0);
      assert.is(Buffer.compare(Buffer.from(read), Buffer.from(put)), 0);
    }),
    { numRuns: 60 },
  );
});

it('what is cleared is gone', () => {
  const pieces = new BodyPieces();
  for (let count = 0; count < 5; count++) pieces.push(Uint8Array.of(1));
  pieces.clear();
  assert.is(pieces.shift(), undefined);
  pieces.push(Uint8Array.of(2));
  assert.equal(shiftAll(pieces), [Uint8Array.of(2)]);
});

it.run();
