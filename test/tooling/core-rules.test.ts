/** The build refuses a core that breaks its rules. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { brokenRules } from '../../scripts/core-rules.mjs';
import { root } from '../../scripts/prepare.mjs';

const rules = suite('core rules');

const broken: readonly (readonly [string, string, RegExp])[] = [
  [
    'a managed allocation',
    '(func $~lib/rt/stub/__new (param $size i32) (param $id i32) (result i32)',
    /managed objects/,
  ],
  ['a collector', '(func $~lib/rt/itcms/__collect', /managed objects/],
  ["the compiler's allocator", '(func $~lib/rt/stub/__alloc (param $size i32) (result i32)', /allocator/],
  ['a mutable global', ' (global $assembly/index/count (mut i32) (i32.const 0))', /WebAssembly global/],
  ['a host import', ' (import "env" "abort" (func $abort (param i32)))', /imports from the host/],
  [
    'an i64 export',
    '(func $assembly/index/f (param $t i64) (result i32)\n (export "f" (func $assembly/index/f))',
    /i64/,
  ],
];

for (const [what, text, reason] of broken) {
  rules(`brokenRules() names ${what}`, () => {
    assert.is(brokenRules(text).length, 1);
    assert.match(brokenRules(text)[0] ?? '', reason);
  });
}

rules('brokenRules() accepts constants, i32 exports and internal i64', () => {
  const text = [
    ' (global $limit i32 (i32.const 4))',
    ' (func $sum (param $a i64) (result i64)',
    ' (func $assembly/index/put (param $handle i32) (result i32)',
    ' (export "put" (func $assembly/index/put))',
  ].join('\n');
  assert.equal(brokenRules(text), []);
});

rules('the core as built keeps them', () => {
  assert.equal(brokenRules(readFileSync(join(root, 'build/core.debug.wat'), 'utf8')), []);
});

rules.run();
