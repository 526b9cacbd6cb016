/** No entry outgrows its limit, and the page tells the limits that hold. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';
import { bundleSize, SIZE_LIMITS } from './bundle-sizes.ts';

const sizes = suite('bundle sizes');

/** Limits are to be lowered when something is won: one with more room than this guards nothing. */
const SLACK = 0.15;

for (const limit of SIZE_LIMITS) {
  sizes(`${limit.name}: at most ${limit.limitKb} KB gzipped, and not far below`, async () => {
    const { gzippedBytes } = await bundleSize(limit);
    const limitBytes = limit.limitKb * 1000;
    const said = `${(gzippedBytes / 1000).toFixed(1)} KB`;
    assert.ok(gzippedBytes <= limitBytes, said);
    assert.ok(gzippedBytes > limitBytes * (1 - SLACK), `${said}: lower the limit`);
  });
}

sizes('docs/sizes.md has a row for each, with its limit', () => {
  const rows = readFileSync(`${root}/docs/sizes.md`, 'utf8').matchAll(/^\| ([^|]+) \| `([^`]+)` \|.*\| (\d+) \|$/gm);
  assert.equal(
    [...rows].map(([, name = '', entry = '', limit = '']) => `${name}, ${entry}: ${limit}`),
    SIZE_LIMITS.map(({ name, entry, limitKb }) => `${name}, ${entry.replace('.', 'penstock')}: ${limitKb}`),
  );
});

sizes.run();
