/** Rules about the repository itself: what a test file must do, and what may never be committed. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { filesBelow } from '../scripts/fresh.mjs';
import { root } from '../scripts/prepare.mjs';
import { skip } from './support/skip.ts';

const meta = suite('meta');
const testFiles = filesBelow('test').filter((file) => file.endsWith('.test.ts'));
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8');

/** Ours, and text: what git tracks, without the lock and binaries. */
function trackedTextFiles(): string[] {
  const tracked = execFileSync('git', ['grep', '-lI', '', '--', '.', ':!package-lock.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  return tracked.split('\n').filter((file) => file !== '' && existsSync(`${root}/${file}`));
}

meta('every test file runs its suites', () => {
  assert.ok(testFiles.length > 0);
  const silent = testFiles.filter((file) => !/\.run\(\)/.test(read(file)));
  assert.equal(silent, [], 'uvu passes with 0 tests where .run() is missing');
});

meta('no test is left out silently', () => {
  const hiding = testFiles.filter((file) => /^\s*\w+\.(only|skip)\(/m.test(read(file)));
  assert.equal(hiding, [], 'a test that cannot run is named by skip(name, reason)');
});

if (existsSync(`${root}/.git`)) {
  meta('no tracked file names a path of one machine', () => {
    // Bracketed so that the pattern does not name what it looks for.
    const machinePath = /(?:^|[^\w.])[/](?:(?:work|root|farm)[/]|(?:home|Users|tmp)[/][a-z])/;
    const offending = trackedTextFiles().filter((file) => machinePath.test(read(file)));
    assert.equal(offending, []);
  });

  meta('no tracked file names a package registry', () => {
    // The lock has integrity hashes and no addresses: each machine installs from the registry it is set up for.
    const registry = /\b(?:registry|npm|mirror)\.[\w-]+\.(?:org|com|net|io|dev|internal)\b|_authToken/;
    const files = [...trackedTextFiles(), 'package-lock.json'].filter((file) => file !== 'test/meta.test.ts');
    assert.equal(
      files.filter((file) => registry.test(read(file))),
      [],
    );
  });
} else {
  skip('no tracked file names a path of one machine', 'not a git checkout');
  skip('no tracked file names a package registry', 'not a git checkout');
}

meta.run();
