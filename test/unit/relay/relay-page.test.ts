/** docs/relay.md has every refusal with its codes, every limit, and every type of message. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_LIMITS } from '../../../bindings/workers/relay/relay-options.ts';
import { MESSAGE } from '../../../sdk/relay/protocol.ts';
import { REFUSALS, refusalOf, type RefusalName, RelayError } from '../../../sdk/relay/refusals.ts';

const page = readFileSync(new URL('../../../docs/relay.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));
const names = Object.keys(REFUSALS) as RefusalName[];

const it = suite('relay page');

it('has a row for every refusal, with its HTTP status or close code', () => {
  for (const name of names) {
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${name}\``));
    assert.ok(row !== undefined, `${name} is missing`);
    const { httpStatus } = REFUSALS[name];
    assert.ok(row.includes(` ${httpStatus} `) || row.includes(` ${4000 + httpStatus} `), row);
  }
});

it('has every limit and every type of message', () => {
  for (const name of Object.keys(DEFAULT_LIMITS))
    assert.ok(
      rows.some((line) => line.startsWith(`| \`${name}\` |`)),
      `${name} is missing`,
    );
  for (const [name, type] of Object.entries(MESSAGE)) {
    const hex = `\`0x${type.toString(16).padStart(2, '0')}\``;
    assert.ok(
      rows.some((line) => line.startsWith(`| ${hex} |`)),
      `${name} is missing`,
    );
  }
});

it('a close frame says which refusal it is, and nothing else does', () => {
  for (const name of names) {
    const { closeCode, closeReason } = new RelayError(name, 'because');
    const read = refusalOf(closeCode, closeReason);
    assert.equal([read?.code, read?.reason, read?.closeCode], [name, 'because', closeCode]);
  }
  assert.is(refusalOf(1000, 'token-used: because'), undefined);
  assert.is(refusalOf(4409, ''), undefined);
  assert.is(refusalOf(4409, 'no-such-thing: because'), undefined);
  const long = new RelayError('bad-message', 'ä'.repeat(200)).closeReason;
  assert.ok(new TextEncoder().encode(long).length <= 123);
  assert.match(long, /^bad-message: ä+$/);
});

it.run();
