/** docs/credentials.md: every provider and status has its place, and every test that it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as node from '../../../../bindings/node/index.ts';
import { root } from '../../../../scripts/prepare.mjs';

const it = suite('docs/credentials.md');
const page = readFileSync(`${root}/docs/credentials.md`, 'utf8');

it('names every provider, and no other', () => {
  const exported = Object.keys(node).filter((name) => /^[a-z]+Credentials$|^credentialChain$/.test(name));
  const rows = [...page.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  assert.equal(new Set(rows), new Set(exported));
  assert.is(rows.length, exported.length);
});

it('names every status with its number', () => {
  for (const [name, status] of Object.entries(node.CREDENTIAL_STATUS))
    assert.match(page, new RegExp(`\`${name}\` 0x${status.toString(16)}`));
});

it('names tests that are there', () => {
  const named = [...page.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length >= 10, `${named.length} tests are named`);
  assert.equal(
    named.filter((path) => !existsSync(`${root}/${path}`)),
    [],
  );
});

it.run();
