import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProducer } from '../../../bindings/node/index.ts';
import { proxyChoice, proxyLogin, type ProxyOptions } from '../../../bindings/web/proxy-choice.ts';
import type { KvsError } from '../../../sdk/errors.ts';

const it = suite('proxy choice');

type Variables = Readonly<Record<string, string>>;
const chosen = (url: string, options: ProxyOptions, variables: Variables = {}): string | undefined =>
  proxyChoice(options, (name) => variables[name])?.(url)?.href;

const AWS = 'https://kinesisvideo.us-west-2.amazonaws.com/describeStream';
const P = 'http://proxy.test:3128/';

for (const [what, url, options, variables, expected] of [
  ['nothing', AWS, {}, {}, undefined],
  ['the option', AWS, { proxy: P }, {}, P],
  ['the option without a scheme', AWS, { proxy: 'proxy.test:3128' }, {}, P],
  ['the option with a password', AWS, { proxy: 'http://u:p@proxy.test:3128' }, {}, 'http://u:p@proxy.test:3128/'],
  ['the option before the environment', AWS, { proxy: P }, { HTTPS_PROXY: 'http://other' }, P],
  ['the option false', AWS, { proxy: false }, { HTTPS_PROXY: P }, undefined],
  ['HTTPS_PROXY', AWS, {}, { HTTPS_PROXY: P }, P],
  ['https_proxy before it', AWS, {}, { https_proxy: P, HTTPS_PROXY: 'http://other' }, P],
  ['an empty variable', AWS, {}, { https_proxy: '', HTTPS_PROXY: P }, P],
  ['HTTP_PROXY, which is for http', AWS, {}, { HTTP_PROXY: P }, undefined],
  ['HTTP_PROXY for http', 'http://kvs.test/', {}, { HTTP_PROXY: P }, P],
  ['the environment for this machine', 'https://127.0.0.1:9494/', {}, { HTTPS_PROXY: P }, undefined],
  ['the environment for localhost', 'https://localhost/', {}, { HTTPS_PROXY: P }, undefined],
  ['the environment for a name that only begins so', 'https://127.evil.test/', {}, { HTTPS_PROXY: P }, P],
  ['the environment for [::1]', 'https://[::1]:9494/', {}, { HTTPS_PROXY: P }, undefined],
  ['the option for this machine', 'http://127.0.0.1:9494/', { proxy: P }, {}, P],
  ['NO_PROXY with the host', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: 'kinesisvideo.us-west-2.amazonaws.com' }, undefined],
  ['NO_PROXY with a suffix', AWS, {}, { HTTPS_PROXY: P, no_proxy: 'other.test, .amazonaws.com' }, undefined],
  ['NO_PROXY with a star', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: '*.AMAZONAWS.com' }, undefined],
  ['NO_PROXY for all', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: '*' }, undefined],
  ['NO_PROXY with half a name', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: 'naws.com' }, P],
  ['NO_PROXY with another port', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: 'amazonaws.com:8443' }, P],
  ['NO_PROXY with the port', AWS, {}, { HTTPS_PROXY: P, NO_PROXY: 'amazonaws.com:443' }, undefined],
  ['NO_PROXY with an address', 'http://[fd00::1]/', { proxy: P }, { NO_PROXY: 'fd00::1' }, undefined],
  ['noProxy before NO_PROXY', AWS, { proxy: P, noProxy: 'kvs.test' }, { NO_PROXY: '*' }, P],
  ['noProxy', 'http://kvs.test:9494/', { proxy: P, noProxy: 'kvs.test' }, {}, undefined],
] as const) {
  it(`by ${what}: ${expected ?? 'none'}`, () => assert.is(chosen(url, options, variables), expected));
}

for (const [options, variables, message] of [
  [{ proxy: 'socks5://u:secret@h' }, {}, 'Option proxy is not the URL of a proxy: expected http://host:port'],
  [{ proxy: '' }, {}, 'Option proxy is not the URL of a proxy: expected http://host:port'],
  [{ proxy: 'http://us%zz:secret@h' }, {}, 'Option proxy has a user or password that is not percent-encoded UTF-8'],
  [{ proxy: 'http://u:secret%ff@h' }, {}, 'Option proxy has a user or password that is not percent-encoded UTF-8'],
  [
    {},
    { HTTPS_PROXY: 'http://u:secret@' },
    'Environment variable HTTPS_PROXY is not the URL of a proxy: expected http://host:port',
  ],
] as const) {
  it(`refuses ${JSON.stringify({ ...options, ...variables })} without repeating it`, () => {
    assert.throws(
      () => proxyChoice(options, (name) => (variables as Variables)[name]),
      (error: KvsError) => error.code === 'STATUS_INVALID_ARG' && error.message === message,
    );
  });
}

it('proxyLogin() gives user and password as they are, either of them perhaps empty', () => {
  assert.equal(proxyLogin(new URL('http://gate:p%40ss%3A@h')), { username: 'gate', password: 'p@ss:' });
  assert.equal(proxyLogin(new URL('http://:word@h')), { username: '', password: 'word' });
  assert.equal(proxyLogin(new URL('http://gate@h')), { username: 'gate', password: '' });
  assert.is(proxyLogin(new URL('http://h')), undefined);
});

it('createProducer() rejects for a proxy that cannot be', async () => {
  const error = await createProducer({ proxy: 'ftp://h' }).catch((reason: unknown) => reason);
  assert.is((error as KvsError).code, 'STATUS_INVALID_ARG');
});

it.run();
