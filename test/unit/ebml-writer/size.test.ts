/** Size fields: the shortest form, the reserved all-ones values, and the limit. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as STATUS from '../../../sdk/status-codes.ts';
import { toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const size = suite('ebml size');

/** RFC 8794 §4.3 and §4.4, table of lengths: the last value of each length, and the first of the next. */
const ROWS: readonly (readonly [value: bigint, octets: string])[] = [
  [0n, '80'],
  [1n, '81'],
  [126n, 'fe'],
  [127n, '407f'],
  [16_382n, '7ffe'],
  [16_383n, '203fff'],
  [2_097_150n, '3ffffe'],
  [2_097_151n, '101fffff'],
  [268_435_454n, '1ffffffe'],
  [268_435_455n, '080fffffff'],
  [2n ** 35n - 2n, '0ffffffffe'],
  [2n ** 35n - 1n, '0407ffffffff'],
  [2n ** 42n - 1n, '0203ffffffffff'],
  [2n ** 49n - 1n, '0101ffffffffffff'],
  [2n ** 56n - 2n, '01fffffffffffffe'],
  [2n ** 64n - 1n, 'ff'],
];

const TOO_BIG = [2n ** 56n - 1n, 2n ** 56n, 2n ** 63n, 2n ** 64n - 2n];

/** Integers, RFC 8794 §7.2: without leading zero octets, and one octet for 0. */
const NUMBERS: readonly (readonly [value: bigint, octets: string])[] = [
  [0n, '00'],
  [1n, '01'],
  [255n, 'ff'],
  [256n, '0100'],
  [65_535n, 'ffff'],
  [65_536n, '010000'],
  [2n ** 32n - 1n, 'ffffffff'],
  [2n ** 32n, '0100000000'],
  [2n ** 56n - 1n, 'ffffffffffffff'],
  [2n ** 56n, '0100000000000000'],
  [2n ** 64n - 1n, 'ffffffffffffffff'],
];

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const address = core.scratch(new Uint8Array(16));
  const write = (value: bigint): number =>
    core.exports.ebmlWriteSize(address, Number(value & 0xffff_ffffn), Number(value >> 32n));

  size(`takes the shortest form that is not all ones [${flavour}]`, () => {
    for (const [value, octets] of ROWS) {
      const length = write(value);
      assert.is(toHex(core.bytes.slice(address, address + length)), octets, `${value}`);
    }
  });

  size(`an integer takes as few octets as hold it, and no more is written [${flavour}]`, () => {
    for (const [value, octets] of NUMBERS) {
      core.bytes.fill(0xaa, address, address + 16);
      const length = core.exports.ebmlWriteNumber(address, Number(value & 0xffff_ffffn), Number(value >> 32n));
      assert.is(toHex(core.bytes.slice(address, address + length)), octets, `${value}`);
      assert.ok(
        core.bytes.slice(address + length, address + 16).every((byte) => byte === 0xaa),
        'what follows',
      );
    }
  });

  size(`refuses what eight octets cannot hold [${flavour}]`, () => {
    for (const value of TOO_BIG) assert.is(write(value), -STATUS.STATUS_MKV_NUMBER_TOO_BIG, `${value}`);
  });
}

size.run();
