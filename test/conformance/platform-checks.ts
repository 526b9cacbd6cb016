/** What every platform must do in the same way. */
import { CredentialsError } from '../../sdk/errors.ts';
import { assertSame, assertThat, type Check, fromHex, hex } from './check.ts';

/** Text of characters up to 0xff as bytes. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Clocks of a runtime may be this far from its timers, milliseconds. */
const CLOCK_SLACK_MS = 5;

export const platformChecks: readonly Check[] = [
  {
    group: 'platform',
    name: 'sha256() hashes the vector of FIPS 180-2 B.1',
    async run(platform) {
      const digest = await platform.sha256(bytesOf('abc'));
      assertSame(hex(digest), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'digest');
    },
  },
  {
    group: 'platform',
    name: 'sha256() hashes a part of a larger buffer',
    async run(platform) {
      const digest = await platform.sha256(bytesOf('-abc-').subarray(1, 4));
      assertSame(hex(digest).slice(0, 8), 'ba7816bf', 'digest');
    },
  },
  {
    group: 'platform',
    name: 'hmacSha256() signs the vector of RFC 4231 §4.3',
    async run(platform) {
      const code = await platform.hmacSha256(bytesOf('Jefe'), bytesOf('what do ya want for nothing?'));
      assertSame(hex(code), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'code');
    },
  },
  {
    group: 'platform',
    name: 'hmacSha256() takes a key longer than a block (RFC 4231 §4.7)',
    async run(platform) {
      const key = fromHex('aa'.repeat(131));
      const code = await platform.hmacSha256(key, bytesOf('Test Using Larger Than Block-Size Key - Hash Key First'));
      assertSame(hex(code), '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54', 'code');
    },
  },
  {
    group: 'platform',
    name: 'randomBytes() gives as many as asked, different each time',
    async run(platform) {
      for (const lengthBytes of [0, 16, 70_000]) {
        assertSame(platform.randomBytes(lengthBytes).length, lengthBytes, 'length');
      }
      assertThat(hex(platform.randomBytes(16)) !== hex(platform.randomBytes(16)), 'Two draws are the same');
      assertThat(
        platform
          .randomBytes(70_000)
          .subarray(66_000)
          .some((byte) => byte !== 0),
        'The tail of a long draw is zero',
      );
    },
  },
  {
    group: 'platform',
    name: 'name can stand in a User-Agent header',
    async run({ name }) {
      assertThat(/^[\w./ -]+$/.test(name), `The name is ${name}`);
    },
  },
  {
    group: 'platform',
    name: 'now() is the wall clock in milliseconds',
    async run(platform) {
      const year = new Date(platform.now()).getUTCFullYear();
      assertThat(year >= 2024 && year < 2200, `The year is ${year}`);
    },
  },
  {
    group: 'platform',
    name: 'setTimer() calls back once, in order of delay, not before it',
    async run(platform) {
      const startMs = platform.now();
      const fired: string[] = [];
      await new Promise<void>((resolve) => {
        platform.setTimer(30, () => {
          fired.push('late');
          resolve();
        });
        platform.setTimer(1, () => fired.push('early'));
      });
      assertSame(fired.join(), 'early,late', 'order');
      assertThat(platform.now() - startMs >= 30 - CLOCK_SLACK_MS, 'The timer fired before its delay');
    },
  },
  {
    group: 'platform',
    name: 'cancel() of a timer keeps it from firing, and does nothing afterwards',
    async run(platform) {
      let fired = 0;
      const cancelled = platform.setTimer(1, () => fired++);
      cancelled.cancel();
      cancelled.cancel();
      const after = await new Promise<{ cancel(): void }>((resolve) => {
        const timer = platform.setTimer(20, () => resolve(timer));
      });
      after.cancel();
      assertSame(fired, 0, 'times fired');
    },
  },
  {
    group: 'platform',
    name: 'createMutex() runs sections one after the other, in order, also after one failed',
    async run(platform) {
      const mutex = platform.createMutex();
      const seen: string[] = [];
      const section = (name: string, delayMs: number): Promise<string> =>
        mutex.run(async () => {
          seen.push(`${name}+`);
          await new Promise<void>((resolve) => void platform.setTimer(delayMs, resolve));
          seen.push(`${name}-`);
          return name;
        });
      const failing = mutex
        .run(() => Promise.reject(new Error('expected')))
        .catch((error: unknown) => (error as Error).message);
      const results = await Promise.all([failing, section('a', 10), section('b', 1), mutex.run(() => 'c')]);
      assertSame(results.join(), 'expected,a,b,c', 'results');
      assertSame(seen.join(), 'a+,a-,b+,b-', 'sections');
    },
  },
  {
    group: 'platform',
    needs: ['webassembly'],
    name: 'loadCore() gives a module without imports',
    async run(platform) {
      const source = await platform.loadCore();
      if (source.flavour === 'js') {
        assertThat(typeof WebAssembly === 'undefined', 'An engine with WebAssembly loaded the translated core');
        return;
      }
      const { module } = source;
      assertSame(WebAssembly.Module.imports(module).length, 0, 'imports');
      assertThat(
        WebAssembly.Module.exports(module).some(({ name }) => name === 'memory'),
        'The core exports no memory',
      );
    },
  },
  {
    group: 'platform',
    name: 'fetch() shows a client certificate as the platform states, and refuses others with an error',
    async run(platform) {
      const request = { method: 'GET', url: 'https://device.invalid/', headers: { accept: 'a/b' } } as const;
      const pem = { certificatePem: 'none', privateKeyPem: 'none' };
      const asked: string[] = [];
      const binding = {
        fetch(url: string, init?: RequestInit): Promise<Response> {
          asked.push(`${init?.method} ${url} ${new Headers(init?.headers).get('accept')}`);
          return Promise.resolve(new Response('', { status: 200 + asked.length }));
        },
      };
      const outcome = (clientCertificate: typeof pem | typeof binding): Promise<string> =>
        platform.fetch({ ...request, clientCertificate }).then(
          ({ status }) => String(status),
          (error: unknown) => (error instanceof CredentialsError ? 'CredentialsError' : 'Error'),
        );
      // Texts that are no certificate: where they can be shown at all, the engine refuses them.
      assertSame(await outcome(pem), platform.clientCertificates === 'pem' ? 'Error' : 'CredentialsError', 'texts');
      const isBound = platform.clientCertificates === 'pem' || platform.clientCertificates === 'binding';
      assertSame(await outcome(binding), isBound ? '201' : 'CredentialsError', 'a binding');
      assertSame(asked.join(), isBound ? 'GET https://device.invalid/ a/b' : '', 'what the binding was asked');
    },
  },
];
