/**
 * AWS's published test cases of Signature Version 4 ("aws-sig-v4-test-suite"): requests, and the signatures that come of them, all made
 * with the key below on 2015-08-30 at 12:36:00 UTC for us-east-1 and a service named `service`.
 */

export const SUITE_CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
export const SUITE_DATE = '20150830T123600Z';
export const SUITE_DATE_MS: number = Date.UTC(2015, 7, 30, 12, 36);
export const SUITE_REGION = 'us-east-1';
export const SUITE_SERVICE = 'service';
export const SUITE_HOST = 'example.amazonaws.com';

export interface SuiteCase {
  readonly name: string;
  /** @default 'GET' */
  readonly method?: string;
  /** As in the request line, which a client could not always send so. */
  readonly target: string;
  /** Signed beside `Host` and `X-Amz-Date`. */
  readonly headers?: ReadonlyArray<readonly [string, string | readonly string[]]>;
  readonly body?: string;
  readonly signature: string;
  /** Why no fetch can send the request as it is written. */
  readonly unsendable?: string;
}

const VANILLA = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
const POST_VANILLA = '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b';
const POST_QUERY = '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11';
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORM = 'application/x-www-form-urlencoded';
const JOINED = 'fetch joins values with a comma and a space, the suite without the space';

/** The token of the cases with temporary credentials. */
export const SUITE_TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/' +
  'qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+' +
  'xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

export const SUITE: readonly SuiteCase[] = [
  { name: 'get-vanilla', target: '/', signature: VANILLA },
  { name: 'get-vanilla-query', target: '/', signature: VANILLA },
  {
    name: 'get-vanilla-empty-query-key',
    target: '/?Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  {
    name: 'get-vanilla-query-order-key',
    target: '/?Param1=value2&Param1=Value1',
    signature: 'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    target: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-vanilla-query-order-value',
    target: '/?Param1=value2&Param1=value1',
    signature: '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  },
  {
    name: 'get-vanilla-query-unreserved',
    target: `/?${UNRESERVED}=${UNRESERVED}`,
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  {
    name: 'get-vanilla-utf8-query',
    target: '/?\u1234=bar',
    signature: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  },
  {
    name: 'get-unreserved',
    target: `/${UNRESERVED}`,
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    name: 'get-utf8',
    target: '/\u1234',
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    unsendable: 'a path goes out escaped, and is escaped once more',
  },
  {
    name: 'get-space',
    target: '/example space/',
    signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    unsendable: 'a path goes out escaped, and is escaped once more',
  },
  { name: 'get-relative', target: '/example/..', signature: VANILLA },
  { name: 'get-relative-relative', target: '/example1/example2/../..', signature: VANILLA },
  { name: 'get-slash', target: '//', signature: VANILLA },
  { name: 'get-slash-dot-slash', target: '/./', signature: VANILLA },
  {
    name: 'get-slash-pointless-dot',
    target: '/./example',
    signature: 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  },
  {
    name: 'get-slashes',
    target: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  {
    name: 'get-header-key-duplicate',
    target: '/',
    headers: [['My-Header1', ['value2', 'value2', 'value1']]],
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    unsendable: JOINED,
  },
  {
    name: 'get-header-value-order',
    target: '/',
    headers: [['My-Header1', ['value4', 'value1', 'value3', 'value2']]],
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    unsendable: JOINED,
  },
  {
    name: 'get-header-value-multiline',
    target: '/',
    headers: [['My-Header1', 'value1\n  value2\n     value3']],
    signature: 'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
    unsendable: 'no HTTP client folds headers any more',
  },
  {
    name: 'get-header-value-multiline of the older suite, which took lines for values',
    target: '/',
    headers: [['My-Header1', ['value1', 'value2', 'value3']]],
    signature: 'ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790',
    unsendable: JOINED,
  },
  {
    name: 'get-header-value-trim',
    target: '/',
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  { name: 'post-vanilla', method: 'POST', target: '/', signature: POST_VANILLA },
  { name: 'post-vanilla-query', method: 'POST', target: '/?Param1=value1', signature: POST_QUERY },
  { name: 'post-vanilla-empty-query-value', method: 'POST', target: '/?Param1=value1', signature: POST_QUERY },
  { name: 'post-header-key-case', method: 'POST', target: '/', signature: POST_VANILLA },
  {
    name: 'post-header-key-sort',
    method: 'POST',
    target: '/',
    headers: [['My-Header1', 'value1']],
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  {
    name: 'post-header-value-case',
    method: 'POST',
    target: '/',
    headers: [['My-Header1', 'VALUE1']],
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    target: '/',
    headers: [['Content-Type', FORM]],
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'post-x-www-form-urlencoded-parameters',
    method: 'POST',
    target: '/',
    headers: [['Content-Type', `${FORM}; charset=utf8`]],
    body: 'Param1=value1',
    signature: '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  },
  {
    name: 'post-sts-header-before',
    method: 'POST',
    target: '/',
    headers: [['X-Amz-Security-Token', SUITE_TOKEN]],
    signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  },
  { name: 'post-sts-header-after', method: 'POST', target: '/', signature: POST_VANILLA },
];

/** What the request line has in front of the question mark, and behind it. */
export function targetParts(target: string): { readonly path: string; readonly query: string } {
  const [path = '', ...query] = target.split('?');
  return { path, query: query.join('?') };
}
