/** Bad input to every operation: the error's name, status and message, as the official client sees them. */

import * as sdk from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seenError } from '../support/errors.ts';
import { signedPost } from '../support/raw-http.ts';
import type { TestService } from '../support/service.ts';
import { startTestService } from '../support/service.ts';

const ARN = 'arn:aws:kinesisvideo:us-east-1:000000000000:stream/nobody/1700000000000';
const LONG_NAME = 'n'.repeat(257);

/** Input and what must be wrong with it. Default: InvalidArgumentException. */
type Row = readonly [input: object, message: RegExp, name?: string];

/** The rows that every operation on an addressed stream shares; `rest` is what else it needs. */
function addressRows(rest: object): Row[] {
  return [
    [rest, /StreamName or StreamARN is required/],
    [{ ...rest, StreamName: '' }, /StreamName must have 1 to 256 characters, has 0/],
    [{ ...rest, StreamName: LONG_NAME }, /StreamName must have 1 to 256 characters, has 257/],
    [{ ...rest, StreamName: 'a b' }, /StreamName must match/],
    [{ ...rest, StreamName: 'a\n' }, /StreamName must match/],
    [{ ...rest, StreamARN: 'arn:aws:s3:::bucket' }, /StreamARN must match/],
    [{ ...rest, StreamName: 'nobody' }, /No stream named nobody/, 'ResourceNotFoundException'],
    [{ ...rest, StreamARN: ARN }, /No stream with ARN arn:aws/, 'ResourceNotFoundException'],
    [{ ...rest, StreamName: 'other', StreamARN: ARN }, /No stream with ARN/, 'ResourceNotFoundException'],
  ];
}

const version = { CurrentVersion: 'v' };
const increase = { Operation: 'INCREASE_DATA_RETENTION', DataRetentionChangeInHours: 1 };
const tags = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'v']));

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  CreateStream: [
    [{}, /StreamName is required/],
    [{ StreamName: '' }, /StreamName must have 1 to 256 characters, has 0/],
    [{ StreamName: LONG_NAME }, /StreamName must have 1 to 256 characters, has 257/],
    [{ StreamName: 'schräg' }, /StreamName must match/],
    [{ StreamName: 's', DeviceName: 'd'.repeat(129) }, /DeviceName must have 1 to 128 characters, has 129/],
    [{ StreamName: 's', DeviceName: 'a/b' }, /DeviceName must match/],
    [{ StreamName: 's', MediaType: 'video' }, /MediaType must match/],
    [{ StreamName: 's', MediaType: 'video/h264,' }, /MediaType must match/],
    [{ StreamName: 's', MediaType: `video/${'x'.repeat(123)}` }, /MediaType must have 1 to 128 characters, has 129/],
    [{ StreamName: 's', KmsKeyId: '' }, /KmsKeyId must have 1 to 2048 characters, has 0/],
    [{ StreamName: 's', DataRetentionInHours: -1 }, /DataRetentionInHours must be at least 0, is -1/],
    [{ StreamName: 's', DataRetentionInHours: 1.5 }, /DataRetentionInHours must be an integer/],
    [{ StreamName: 's', DataRetentionInHours: 87_601 }, /retention must stay within 0 to 87600 hours, would be 87601/],
    [{ StreamName: 's', Tags: {} }, /Tags must have at least 1 entries, has 0/],
    [{ StreamName: 's', Tags: { '': 'v' } }, /Tags key "" must have 1 to 128 characters, has 0/],
    [{ StreamName: 's', Tags: { ['k'.repeat(129)]: 'v' } }, /Tags key .* must have 1 to 128 characters, has 129/],
    [{ StreamName: 's', Tags: { k: 'v'.repeat(257) } }, /Tags\["k"\] must have 0 to 256 characters, has 257/],
    [{ StreamName: 's', Tags: { 'k*': 'v' } }, /Tags key "k\*" must match/],
    [{ StreamName: 's', Tags: tags(51) }, /at most 50 Tags, would be 51/, 'TagsPerResourceExceededLimitException'],
    [{ StreamName: 's', StreamStorageConfiguration: {} }, /StreamStorageConfiguration.DefaultStorageTier is required/],
    [
      { StreamName: 's', StreamStorageConfiguration: { DefaultStorageTier: 'COLD' } },
      /StreamStorageConfiguration.DefaultStorageTier must be one of HOT, WARM/,
    ],
  ],
  DescribeStream: addressRows({}),
  ListStreams: [
    [{ MaxResults: 0 }, /MaxResults must be at least 1, is 0/],
    [{ MaxResults: 10_001 }, /MaxResults must be at most 10000, is 10001/],
    [{ NextToken: 'a b' }, /NextToken must match/],
    [{ NextToken: 'QUJD' }, /NextToken was not issued for this listing/],
    [{ NextToken: '=' }, /NextToken was not issued for this listing/],
    [{ NextToken: 'A'.repeat(1025) }, /NextToken must have 0 to 1024 characters, has 1025/],
    [{ StreamNameCondition: { ComparisonOperator: 'ENDS_WITH' } }, /ComparisonOperator must be one of BEGINS_WITH/],
    [{ StreamNameCondition: { ComparisonValue: '' } }, /StreamNameCondition.ComparisonValue must have 1 to 256/],
    [{ StreamNameCondition: { ComparisonValue: 'a*' } }, /StreamNameCondition.ComparisonValue must match/],
  ],
  UpdateStream: [
    ...addressRows(version),
    [{ StreamName: 'real' }, /CurrentVersion is required/],
    [{ StreamName: 'real', CurrentVersion: 'a-b' }, /CurrentVersion must match/],
    [{ StreamName: 'real', CurrentVersion: 'v'.repeat(65) }, /CurrentVersion must have 1 to 64 characters, has 65/],
    [{ StreamName: 'real', ...version, DeviceName: '' }, /DeviceName must have 1 to 128 characters, has 0/],
    [{ StreamName: 'real', ...version, MediaType: '/' }, /MediaType must match/],
  ],
  DeleteStream: [
    [{}, /StreamARN is required/],
    [{ StreamName: 'real' }, /StreamARN is required/],
    [{ StreamARN: 'real' }, /StreamARN must match/],
    [{ StreamARN: `${ARN}x` }, /StreamARN must match/],
    [{ StreamARN: ARN, CurrentVersion: '!' }, /CurrentVersion must match/],
    [{ StreamARN: ARN }, /No stream with ARN/, 'ResourceNotFoundException'],
  ],
  UpdateDataRetention: [
    ...addressRows({ ...version, ...increase }),
    [{ StreamName: 'real', ...increase }, /CurrentVersion is required/],
    [{ StreamName: 'real', ...version, DataRetentionChangeInHours: 1 }, /Operation is required/],
    [
      { StreamName: 'real', ...version, ...increase, Operation: 'SET' },
      /Operation must be one of INCREASE_DATA_RETENTION/,
    ],
    [{ StreamName: 'real', ...version, Operation: increase.Operation }, /DataRetentionChangeInHours is required/],
    [
      { StreamName: 'real', ...version, ...increase, DataRetentionChangeInHours: 0 },
      /DataRetentionChangeInHours must be at least 1, is 0/,
    ],
  ],
  TagStream: [
    ...addressRows({ Tags: { k: 'v' } }),
    [{ StreamName: 'real' }, /Tags is required/],
    [{ StreamName: 'real', Tags: {} }, /Tags must have at least 1 entries, has 0/],
    [{ StreamName: 'real', Tags: { 'a;b': 'v' } }, /Tags key "a;b" must match/],
    [{ StreamName: 'real', Tags: { k: '<' } }, /Tags\["k"\] must match/],
    [{ StreamName: 'real', Tags: tags(51) }, /at most 50 Tags, would be 51/, 'TagsPerResourceExceededLimitException'],
  ],
  UntagStream: [
    ...addressRows({ TagKeyList: ['k'] }),
    [{ StreamName: 'real' }, /TagKeyList is required/],
    [{ StreamName: 'real', TagKeyList: [] }, /TagKeyList must have at least 1 entries, has 0/],
    [{ StreamName: 'real', TagKeyList: Array(51).fill('k') }, /TagKeyList must have at most 50 entries, has 51/],
    [{ StreamName: 'real', TagKeyList: ['k', ''] }, /TagKeyList\[1\] must have 1 to 128 characters, has 0/],
  ],
  ListTagsForStream: [
    ...addressRows({}),
    [{ StreamName: 'real', NextToken: '*' }, /NextToken must match/],
    [{ StreamName: 'real', NextToken: 'QUJD' }, /NextToken was not issued/],
  ],
  GetDataEndpoint: [
    ...addressRows({ APIName: 'PUT_MEDIA' }),
    [{ StreamName: 'real' }, /APIName is required/],
    [{ StreamName: 'real', APIName: 'PutMedia' }, /APIName must be one of PUT_MEDIA/],
  ],
};

/** Bodies that no official client would send, to `/createStream` unless said otherwise. */
const RAW_TABLE: readonly (readonly [body: string, message: RegExp])[] = [
  ['{', /Request body is not JSON in UTF-8/],
  ['[]', /Request body must be a JSON object/],
  ['null', /Request body must be a JSON object/],
  ['"text"', /Request body must be a JSON object/],
  ['', /StreamName is required/],
  ['{"StreamName":null}', /StreamName is required/],
  ['{"StreamName":7}', /StreamName must be a string/],
  ['{"__proto__":{"StreamName":"inherited"}}', /StreamName is required/],
  ['{"StreamName":"s","DataRetentionInHours":"1"}', /DataRetentionInHours must be an integer/],
  ['{"StreamName":"s","DataRetentionInHours":1e300}', /DataRetentionInHours must be an integer/],
  ['{"StreamName":"s","Tags":["k"]}', /Tags must be a JSON object/],
  ['{"StreamName":"s","Tags":{"k":1}}', /Tags\["k"\] must be a string/],
  ['{"StreamName":"s","StreamStorageConfiguration":"HOT"}', /StreamStorageConfiguration must be a JSON object/],
  [`{"StreamName":"${'x'.repeat(300_000)}"}`, /Request body is longer than 262144 bytes/],
];

type Context = { service: TestService };
type AnyCommand = new (input: object) => Parameters<TestService['control']['send']>[0];

const input = suite<Context>('control plane: input');

input.before(async (context) => {
  context.service = await startTestService();
  await context.service.control.send(new sdk.CreateStreamCommand({ StreamName: 'real' }));
});
input.after((context) => context.service.close());

for (const [operation, rows] of Object.entries(TABLE)) {
  input(`${operation} refuses each of ${rows.length} bad inputs`, async ({ service }) => {
    const Command = (sdk as unknown as Record<string, AnyCommand>)[`${operation}Command`] as AnyCommand;
    for (const [members, message, name = 'InvalidArgumentException'] of rows) {
      const error = await seenError(service.control.send(new Command(members)));
      assert.is(error.name, name, JSON.stringify(members));
      assert.is(error.status, name === 'ResourceNotFoundException' ? 404 : 400);
      assert.match(error.message, message);
    }
    const { StreamInfoList: list = [] } = await service.control.send(new sdk.ListStreamsCommand({}));
    assert.equal(
      list.map((info) => info.StreamName),
      ['real'],
      'refused input changes nothing',
    );
  });
}

input('two members that name different streams are refused', async ({ service }) => {
  const { StreamInfo: info } = await service.control.send(new sdk.DescribeStreamCommand({ StreamName: 'real' }));
  const both = { StreamName: 'real', StreamARN: info?.StreamARN };
  assert.ok(await service.control.send(new sdk.DescribeStreamCommand(both)));
  const error = await seenError(service.control.send(new sdk.DescribeStreamCommand({ ...both, StreamName: 'unreal' })));
  assert.is(error.name, 'InvalidArgumentException');
  assert.match(error.message, /StreamName unreal and StreamARN arn.* name different streams/);
});

input('bodies that no client sends are refused, never a failure of the service', async ({ service }) => {
  for (const [body, message] of RAW_TABLE) {
    const response = await signedPost(service.url, '/createStream', body);
    assert.is(response.status, 400, body.slice(0, 60));
    assert.is(response.headers['x-amzn-errortype'] ?? response.headers['x-amzn-ErrorType'], 'InvalidArgumentException');
    assert.match((JSON.parse(response.body) as { Message: string }).Message, message);
  }
});

input('unknown members are ignored, lengths count code points', async ({ service }) => {
  const body = JSON.stringify({ StreamName: 'real', Tags: { ['𝒌'.repeat(128)]: '𝒗'.repeat(256) }, Future: [1] });
  assert.is((await signedPost(service.url, '/tagStream', body)).status, 200);
});

input.run();
