import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AckStream, errorAck, fragmentAck, idleAck } from '../../../../service/ingest/acks.ts';
import { INGEST_ERROR_CODES, IngestError } from '../../../../service/ingest/ingest-error.ts';
import type { IngestErrorId } from '../../../../service/ingest/ingest-error.ts';

const test = suite('service/ingest/acks');

const FRAGMENT = { timecode: 1600994737365, fragmentNumber: '91343852333181432392682062607743920146159169370' };

test('fragmentAck() writes members in the order and spelling of recorded traffic', () => {
  assert.is(
    fragmentAck('BUFFERING', FRAGMENT),
    '{"EventType":"BUFFERING","FragmentTimecode":1600994737365,"FragmentNumber":"91343852333181432392682062607743920146159169370"}\n',
  );
});

test('errorAck() writes the fragment only when there is one', () => {
  assert.is(
    errorAck(new IngestError(4004, 'why'), { timecode: 0, fragmentNumber: '9' }),
    '{"EventType":"ERROR","FragmentTimecode":0,"FragmentNumber":"9","ErrorCode":"FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS","ErrorId":4004}\n',
  );
  assert.is(
    errorAck(new IngestError(4006, 'why'), null),
    '{"EventType":"ERROR","ErrorCode":"INVALID_MKV_DATA","ErrorId":4006}\n',
  );
});

test('idleAck() writes nothing but the event', () => {
  assert.is(idleAck(), '{"EventType":"IDLE"}\n');
});

test('IngestError carries the code of its id', () => {
  for (const [id, code] of Object.entries(INGEST_ERROR_CODES)) {
    assert.is(new IngestError(Number(id) as IngestErrorId, 'why').errorCode, code);
  }
});

test('AckStream delivers every line in order and then ends', async () => {
  const acks = new AckStream();
  acks.send('a\n');
  acks.send('b\n');
  acks.end();
  acks.send('too late\n');
  assert.is(await new Response(acks.body).text(), 'a\nb\n');
});

test('AckStream.drained() waits for a producer that does not read, and goes on when it reads', async () => {
  const acks = new AckStream();
  const line = `${'x'.repeat(64 * 1024 - 1)}\n`;
  for (let i = 0; i < 16; i++) acks.send(line);
  let isDrained = false;
  const drained = acks.drained().then(() => {
    isDrained = true;
  });
  await Promise.resolve();
  assert.is(isDrained, false, 'one mebibyte waits');
  const reader = acks.body.getReader();
  await reader.read();
  await drained;
  assert.is(isDrained, true);
  await reader.cancel();
});

test('AckStream.drained() does not wait for a producer that closed the response', async () => {
  const acks = new AckStream();
  for (let i = 0; i < 17; i++) acks.send('x'.repeat(64 * 1024));
  const drained = acks.drained();
  await acks.body.cancel();
  await drained;
  acks.send('nobody reads this\n');
  acks.end();
});

test.run();
