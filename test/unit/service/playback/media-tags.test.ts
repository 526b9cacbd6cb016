import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  encodeTags,
  errorTags,
  formatSeconds,
  leadingTags,
  trailingTags,
} from '../../../../service/playback/media-tags.ts';
import { skip } from '../../../support/skip.ts';

const test = suite('service/playback/media-tags');

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('encodeTags() writes every size in four bytes', () => {
  assert.is(
    hex(encodeTags([['AB', 'c']])),
    '1254c367' +
      '1000001b' +
      '7373' +
      '10000015' +
      '67c8' +
      '1000000f' +
      '45a3' +
      '10000002' +
      '4142' +
      '4487' +
      '10000001' +
      '63',
  );
});

test('formatSeconds() writes seconds and three digits', () => {
  const cases = [
    [0, '0.000'],
    [5, '0.005'],
    [1511852109126, '1511852109.126'],
    [1000, '1.000'],
    [999.6, '1.000'],
  ] as const;
  for (const [timestampMs, text] of cases) assert.is(formatSeconds(timestampMs), text);
});

test('errorTags() names the fragment, the code and the id', () => {
  const text = Buffer.from(errorTags('9134', 4000)).toString('latin1');
  for (const part of [
    'AWS_KINESISVIDEO_FRAGMENT_NUMBER',
    '9134',
    'AWS_KINESISVIDEO_ERROR_CODE',
    'AWS_KINESISVIDEO_ERROR_ID',
    '4000',
  ]) {
    assert.ok(text.includes(part), part);
  }
});

const RECORDING = new URL('../../../../../shared/media/output_get_media.mkv', import.meta.url);
const RECORDING_TEST = 'leadingTags() and trailingTags() are byte for byte those of the recorded service';
if (existsSync(RECORDING)) {
  test(RECORDING_TEST, () => {
    const recorded = readFileSync(RECORDING);
    const fragmentNumber = '91343852333181432392682062607743920146159169392';
    const leading = leadingTags({
      fragmentNumber,
      serverTimestampMs: 1511852109126,
      producerTimestampMs: 1511852108513,
    });
    // Offsets of the first chunk's two Tags elements in the recording.
    assert.is(hex(leading), hex(recorded.subarray(916, 916 + leading.length)));
    assert.is(hex(recorded.subarray(916 + leading.length, 916 + leading.length + 4)), '1f43b675', 'a Cluster follows');
    const trailing = trailingTags(fragmentNumber, 15858);
    assert.is(hex(trailing), hex(recorded.subarray(547754, 547754 + trailing.length)));
    assert.is(
      hex(recorded.subarray(547754 + trailing.length, 547754 + trailing.length + 4)),
      '1a45dfa3',
      'the next chunk follows',
    );
  });
} else {
  skip(RECORDING_TEST, 'the recording is not there');
}

test.run();
