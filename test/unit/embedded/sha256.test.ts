/** SHA-256 and HMAC in plain JavaScript against Node's own, around every border of a block. */
import { createHash, createHmac } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hmacSha256, sha256 } from '../../../bindings/embedded/sha256.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const message = (lengthBytes: number): Uint8Array =>
  Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 167 + lengthBytes) & 0xff);

const hash = suite('sha256 in JavaScript');

hash('hashes messages of 0 to 200 bytes, and a long one', () => {
  for (const lengthBytes of [...Array.from({ length: 201 }, (_, index) => index), 100_003]) {
    const data = message(lengthBytes);
    assert.is(hex(sha256(data)), createHash('sha256').update(data).digest('hex'), `${lengthBytes} bytes`);
  }
});

hash('signs with keys of 0 to 200 bytes', () => {
  const data = message(77);
  for (let lengthBytes = 0; lengthBytes <= 200; lengthBytes++) {
    const key = message(lengthBytes);
    assert.is(hex(hmacSha256(key, data)), createHmac('sha256', key).update(data).digest('hex'), `${lengthBytes} bytes`);
  }
});

hash('leaves key and message as they are', () => {
  const key = message(100);
  const data = message(100);
  hmacSha256(key, data);
  assert.equal([key, data], [message(100), message(100)]);
});

hash.run();
