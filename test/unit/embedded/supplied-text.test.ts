/** Text and URLs as supplied to embedded engines, held to what Node's own classes give for the same input. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as supplied from '../../../bindings/embedded/supplied/names.ts';

const isTypeError = (error: unknown): boolean => error instanceof TypeError;

const TEXTS = [
  '',
  'abc',
  'größer',
  '日本語',
  '😀 and 𝄞',
  '\ud800',
  'x\udc00y',
  '\ufeffwith a mark',
  'a\0b',
  '\u07ff\u0800\uffff',
];
/** Well formed, cut short, overlong, surrogates, out of range, and stray. */
const BYTES = [
  'efbbbf61',
  '61efbbbf61',
  'c3',
  'e28282ac',
  'e282',
  'f09f98',
  'f09f9880',
  'c080',
  'e080af',
  'e09fbf',
  'eda080',
  'edbfbf',
  'f0808080',
  'f08fbfbf',
  'f4908080',
  'f5808080',
  '80bf',
  'ff61fe',
  'e28261',
  'f09f61',
  'c3c3a4',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

const text = suite('text supplied to embedded engines');

text('encodes as Node does', () => {
  for (const sample of TEXTS) {
    assert.equal(new supplied.TextEncoder().encode(sample), new TextEncoder().encode(sample), JSON.stringify(sample));
    for (let roomBytes = 0; roomBytes < 8; roomBytes++) {
      const [ours, theirs] = [new Uint8Array(roomBytes), new Uint8Array(roomBytes)];
      assert.equal(
        new supplied.TextEncoder().encodeInto(sample, ours),
        new TextEncoder().encodeInto(sample, theirs),
        `${JSON.stringify(sample)} into ${roomBytes} bytes`,
      );
      assert.equal(ours, theirs);
    }
  }
});

text('decodes as Node does, whole, in pieces of a byte, strictly, and with its mark', () => {
  for (const bytes of [...BYTES, ...TEXTS.map((sample) => new TextEncoder().encode(sample))]) {
    const where = Buffer.from(bytes).toString('hex');
    for (const ignoreBOM of [false, true]) {
      const decoders = [new supplied.TextDecoder('utf-8', { ignoreBOM }), new TextDecoder('utf-8', { ignoreBOM })];
      const [ours, theirs] = decoders.map((decoder) => {
        const pieces = Array.from(bytes, (byte) => decoder.decode(Uint8Array.of(byte), { stream: true }));
        return [decoder.decode(bytes), pieces.join('') + decoder.decode(), decoder.decode(bytes)];
      });
      assert.equal(ours, theirs, `${where}, ignoreBOM ${ignoreBOM}`);
    }
    const refuses = (decoder: { decode(input: Uint8Array): string }): boolean => {
      try {
        decoder.decode(bytes);
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    };
    assert.is(
      refuses(new supplied.TextDecoder('utf-8', { fatal: true })),
      refuses(new TextDecoder('utf-8', { fatal: true })),
      `${where}, fatal`,
    );
  }
});

text('decodes text that is longer than one piece', () => {
  const long = 'añ😀'.repeat(5000);
  assert.is(new supplied.TextDecoder().decode(new TextEncoder().encode(long)), long);
});

text('knows no other encoding', () => {
  assert.throws(() => new supplied.TextDecoder('utf-16le'), /utf-16le/);
});

const URLS = [
  'https://kinesisvideo.us-west-2.amazonaws.com',
  'http://127.0.0.1:9494/base/',
  'HTTP://Example.COM:80/a/./b/../c?x=1&y=%20z#part',
  'https://example.com:443',
  'https://example.com:444/',
  'https://[::1]:8080/x',
  'https://user:pass@example.com/',
  'https://user@example.com',
  'https://example.com?q',
  'https://example.com/?',
  'https://example.com/#',
  'https://example.com/a b"c<d>é/😀',
  'https://example.com/?a b=é+c',
  ' https://example.com/\n',
  'https:example.com',
  'https:\\\\example.com\\a',
  'https://example.com/..',
  'https://example.com/a/%2e%2E/b/.',
  'https://example.com:0080/',
  'https://example.com.',
  'https://a_b-c.example/',
  'https://10.0.0.256/',
  'https://',
  'https:///',
  'https://exa mple.com/',
  'https://example.com:65536/',
  'https://example.com:x/',
  'https://exam%ple.com/',
  'https://[::1/',
  'https://[x]/',
  'not a URL',
  '',
];

text('reads URLs as Node does', () => {
  for (const sample of URLS) {
    assert.is(supplied.URL.canParse(sample), URL.canParse(sample), `can parse '${sample}'`);
    if (!URL.canParse(sample)) continue;
    const [ours, theirs] = [new supplied.URL(sample), new URL(sample)].map((url) => ({
      href: url.href,
      origin: url.origin,
      protocol: url.protocol,
      host: url.host,
      hostname: url.hostname,
      port: url.port,
      pathname: url.pathname,
      search: url.search,
      hash: url.hash,
      username: url.username,
      password: url.password,
      text: String(url),
      query: Object.fromEntries(url.searchParams as Iterable<[string, string]>),
    }));
    assert.equal(ours, theirs, sample);
  }
});

text('refuses URLs whose host it cannot read as Node does', () => {
  for (const sample of ['https://bücher.example/', 'https://0x7f.1/', 'https://2130706433/', 'ftp://example.com/'])
    assert.throws(() => new supplied.URL(sample), isTypeError, sample);
});

text.run();
