/** What the pages point to is there: files, their headings, and the paths of the repository that they name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../../scripts/prepare.mjs';

const it = suite('links of the pages');

const NOT_OURS = new Set(['node_modules', 'build', 'dist', '.git']);
/** Comes to be when it is needed. */
const MADE = new Set(['test/fuzz/found/']);
/** A path in backticks, from the root of the repository. */
const NAMED_PATH = /`((?:assembly|bench|bindings|cli|docs|examples|scripts|sdk|service|test)\/[\w./-]*)`/g;

function pages(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : pages(join(folder, entry.name));
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : [];
  });
}

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '');
const anchorsOf = (text: string): string[] =>
  [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** What a page points to that is not there. */
function brokenLinks(page: string, text: string): string[] {
  const prose = withoutCode(text);
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(path === '' ? text : readFileSync(target, 'utf8')).includes(anchor);
  });
  const paths = [...prose.matchAll(NAMED_PATH)].map(([, path = '']) => path);
  return [...broken, ...paths.filter((path) => !MADE.has(path) && !existsSync(join(root, path)))];
}

it('a link to nothing is found', () => {
  const text = ['# One `more`: thing', '[a](#one-more-thing) [b](#another) [c](gone.md) [d](README.md#tests)']
    .concat('[e](https://nowhere.test) `sdk/gone.ts` `sdk/platform.ts`', '```', '[f](gone.md)', '```')
    .join('\n\n');
  assert.equal(brokenLinks(join(root, 'PAGE.md'), text), ['#another', 'gone.md', 'README.md#tests', 'sdk/gone.ts']);
});

for (const page of pages(root)) {
  it(relative(root, page), () => assert.equal(brokenLinks(page, readFileSync(page, 'utf8')), []));
}

it.run();
