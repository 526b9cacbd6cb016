/** Streams as the official client sees them: creation, description, change, deletion, states. */

import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  GetDataEndpointCommand,
  ListStreamsCommand,
  ListTagsForStreamCommand,
  UpdateDataRetentionCommand,
  UpdateStreamCommand,
} from '@aws-sdk/client-kinesis-video';
import type { StreamInfo } from '@aws-sdk/client-kinesis-video';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seenError } from '../support/errors.ts';
import type { TestService } from '../support/service.ts';
import { startTestService } from '../support/service.ts';

const streams = suite<{ service: TestService }>('control plane: streams');

streams.before(async (context) => {
  context.service = await startTestService({ region: 'ap-south-1', accountId: '123456789012' });
});
streams.after((context) => context.service.close());

async function describe(service: TestService, name: string): Promise<StreamInfo> {
  const { StreamInfo: info } = await service.control.send(new DescribeStreamCommand({ StreamName: name }));
  return info as StreamInfo;
}

async function create(service: TestService, name: string, retentionHours = 0): Promise<StreamInfo> {
  await service.control.send(new CreateStreamCommand({ StreamName: name, DataRetentionInHours: retentionHours }));
  return describe(service, name);
}

streams('CreateStream keeps every member; DescribeStream answers by name and by ARN', async ({ service }) => {
  const before = Date.now();
  const { StreamARN: arn } = await service.control.send(
    new CreateStreamCommand({
      StreamName: 'all.members_1-a',
      DeviceName: 'camera.1',
      MediaType: 'video/h264,audio/aac',
      KmsKeyId: 'alias/own',
      DataRetentionInHours: 48,
      Tags: { place: 'gate 7', 'ключ=@': '' },
      StreamStorageConfiguration: { DefaultStorageTier: 'HOT' },
    }),
  );
  const info = await describe(service, 'all.members_1-a');
  const createdMs = (info.CreationTime as Date).getTime();
  assert.ok(createdMs >= before && createdMs <= Date.now());
  assert.is(arn, `arn:aws:kinesisvideo:ap-south-1:123456789012:stream/all.members_1-a/${createdMs}`);
  assert.match(info.Version as string, /^[a-zA-Z0-9]{20}$/);
  assert.equal(
    { ...info, Version: '', CreationTime: 0 },
    {
      StreamName: 'all.members_1-a',
      StreamARN: arn,
      DeviceName: 'camera.1',
      MediaType: 'video/h264,audio/aac',
      KmsKeyId: 'alias/own',
      DataRetentionInHours: 48,
      Status: 'ACTIVE',
      Version: '',
      CreationTime: 0,
    },
  );
  const byArn = await service.control.send(new DescribeStreamCommand({ StreamARN: arn }));
  assert.equal(byArn.StreamInfo, info);
  const { Tags: tags } = await service.control.send(new ListTagsForStreamCommand({ StreamARN: arn }));
  assert.equal(tags, { place: 'gate 7', 'ключ=@': '' });
});

streams('CreateStream needs no more than a name', async ({ service }) => {
  const info = await create(service, 'plain');
  assert.is(info.DataRetentionInHours, 0);
  assert.is(info.DeviceName, undefined);
  assert.is(info.MediaType, undefined);
  assert.is(info.KmsKeyId, 'arn:aws:kms:ap-south-1:123456789012:alias/aws/kinesisvideo');
});

streams('CreateStream of a taken name is ResourceInUseException', async ({ service }) => {
  await create(service, 'taken');
  const error = await seenError(service.control.send(new CreateStreamCommand({ StreamName: 'taken' })));
  assert.equal(error, {
    name: 'ResourceInUseException',
    status: 400,
    message: 'StreamName taken is taken by another stream',
  });
});

streams('CreateStream beyond the account limit is AccountStreamLimitExceededException', async () => {
  const small = await startTestService({ limits: { maxStreams: 1 } });
  await create(small, 'first');
  const error = await seenError(small.control.send(new CreateStreamCommand({ StreamName: 'second' })));
  assert.is(error.name, 'AccountStreamLimitExceededException');
  assert.is(error.status, 400);
  await small.close();
});

streams('UpdateStream changes what is given, under a new version', async ({ service }) => {
  const first = await create(service, 'to-update');
  await service.control.send(
    new UpdateStreamCommand({ StreamName: 'to-update', CurrentVersion: first.Version, MediaType: 'video/h265' }),
  );
  const second = await describe(service, 'to-update');
  assert.is(second.MediaType, 'video/h265');
  assert.is(second.DeviceName, undefined);
  assert.is.not(second.Version, first.Version);
  await service.control.send(
    new UpdateStreamCommand({ StreamARN: first.StreamARN, CurrentVersion: second.Version, DeviceName: 'other' }),
  );
  const third = await describe(service, 'to-update');
  assert.is(third.MediaType, 'video/h265');
  assert.is(third.DeviceName, 'other');
});

streams('a wrong CurrentVersion is VersionMismatchException, and nothing changes', async ({ service }) => {
  const info = await create(service, 'versioned', 5);
  const stale = { StreamARN: info.StreamARN as string, CurrentVersion: 'stale' };
  const retention = { Operation: 'INCREASE_DATA_RETENTION', DataRetentionChangeInHours: 1 } as const;
  for (const call of [
    service.control.send(new UpdateStreamCommand({ ...stale, DeviceName: 'x' })),
    service.control.send(new UpdateDataRetentionCommand({ ...stale, ...retention })),
    service.control.send(new DeleteStreamCommand(stale)),
  ]) {
    const error = await seenError(call);
    assert.is(error.name, 'VersionMismatchException');
    assert.is(error.status, 400);
    assert.match(error.message, /CurrentVersion/);
  }
  assert.equal(await describe(service, 'versioned'), info);
});

streams('of two updates with one version, exactly one is accepted', async ({ service }) => {
  const info = await create(service, 'raced');
  const update = (device: string): Promise<unknown> =>
    service.control.send(
      new UpdateStreamCommand({ StreamName: 'raced', CurrentVersion: info.Version, DeviceName: device }),
    );
  const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map(update));
  assert.is(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
});

streams('UpdateDataRetention adds and subtracts, within 0 to 87600 hours', async ({ service }) => {
  await create(service, 'retained', 24);
  const change = async (
    operation: 'INCREASE_DATA_RETENTION' | 'DECREASE_DATA_RETENTION',
    hours: number,
  ): Promise<unknown> => {
    const { Version: version } = await describe(service, 'retained');
    await service.control.send(
      new UpdateDataRetentionCommand({
        StreamName: 'retained',
        CurrentVersion: version,
        Operation: operation,
        DataRetentionChangeInHours: hours,
      }),
    );
    return (await describe(service, 'retained')).DataRetentionInHours;
  };
  assert.is(await change('INCREASE_DATA_RETENTION', 6), 30);
  assert.is(await change('DECREASE_DATA_RETENTION', 29), 1);
  const below = await seenError(change('DECREASE_DATA_RETENTION', 2));
  assert.is(below.name, 'InvalidArgumentException');
  assert.match(below.message, /within 0 to 87600 hours, would be -1/);
  const above = await seenError(change('INCREASE_DATA_RETENTION', 87_600));
  assert.is(above.name, 'InvalidArgumentException');
  assert.is(await change('INCREASE_DATA_RETENTION', 87_599), 87_600);
  assert.is(await change('DECREASE_DATA_RETENTION', 87_600), 0);
});

streams('DeleteStream makes the stream unknown; the name can be used again, with a new ARN', async ({ service }) => {
  const first = await create(service, 'short-lived');
  await service.control.send(new DeleteStreamCommand({ StreamARN: first.StreamARN, CurrentVersion: first.Version }));
  for (const call of [
    service.control.send(new DescribeStreamCommand({ StreamName: 'short-lived' })),
    service.control.send(new DescribeStreamCommand({ StreamARN: first.StreamARN })),
    service.control.send(new GetDataEndpointCommand({ StreamName: 'short-lived', APIName: 'PUT_MEDIA' })),
    service.control.send(new ListTagsForStreamCommand({ StreamName: 'short-lived' })),
    service.control.send(new DeleteStreamCommand({ StreamARN: first.StreamARN })),
    service.control.send(new UpdateStreamCommand({ StreamName: 'short-lived', CurrentVersion: first.Version })),
  ]) {
    const error = await seenError(call);
    assert.is(error.name, 'ResourceNotFoundException');
    assert.is(error.status, 404);
  }
  const second = await create(service, 'short-lived');
  assert.is.not(second.StreamARN, first.StreamARN);
  assert.is(
    (await seenError(service.control.send(new DescribeStreamCommand({ StreamARN: first.StreamARN })))).status,
    404,
  );
});

streams('GetDataEndpoint answers the public URL for every API', async () => {
  const behindProxy = await startTestService({ publicUrl: 'https://video.example.com/kvs/' });
  await create(behindProxy, 'a');
  for (const api of ['PUT_MEDIA', 'GET_MEDIA', 'LIST_FRAGMENTS', 'GET_CLIP', 'GET_IMAGES'] as const) {
    const answer = await behindProxy.control.send(new GetDataEndpointCommand({ StreamName: 'a', APIName: api }));
    assert.is(answer.DataEndpoint, 'https://video.example.com/kvs', 'clients append /putMedia and the like');
  }
  await behindProxy.close();
});

streams('GetDataEndpoint answers the address listened on by default', async ({ service }) => {
  const info = await create(service, 'here');
  const answer = await service.control.send(
    new GetDataEndpointCommand({ StreamARN: info.StreamARN, APIName: 'GET_MEDIA' }),
  );
  assert.is(answer.DataEndpoint, service.url);
});

streams('with a transition delay, every state is seen and changes have to wait', async () => {
  const slow = await startTestService({ limits: { transitionDelayMs: 150 } });
  const settled = async (wanted: string): Promise<StreamInfo> => {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const info = await describe(slow, 'slow');
      if (info.Status === wanted) return info;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`never ${wanted}`);
  };
  const created = await create(slow, 'slow', 10);
  assert.is(created.Status, 'CREATING');
  const early = await seenError(
    slow.control.send(new UpdateStreamCommand({ StreamName: 'slow', CurrentVersion: created.Version })),
  );
  assert.is(early.name, 'ResourceInUseException');
  assert.match(early.message, /slow is CREATING/);
  const active = await settled('ACTIVE');
  await slow.control.send(
    new UpdateStreamCommand({ StreamName: 'slow', CurrentVersion: active.Version, DeviceName: 'd' }),
  );
  assert.is((await describe(slow, 'slow')).Status, 'UPDATING');
  const updated = await settled('ACTIVE');
  assert.is(updated.DeviceName, 'd');
  await slow.control.send(new DeleteStreamCommand({ StreamARN: updated.StreamARN }));
  assert.is((await describe(slow, 'slow')).Status, 'DELETING');
  const taken = await seenError(slow.control.send(new CreateStreamCommand({ StreamName: 'slow' })));
  assert.is(taken.name, 'ResourceInUseException');
  const again = await seenError(slow.control.send(new DeleteStreamCommand({ StreamARN: updated.StreamARN })));
  assert.is(again.name, 'ResourceInUseException');
  const gone = await seenError(settled('gone'));
  assert.is(gone.name, 'ResourceNotFoundException');
  await slow.close();
});

streams('a restart keeps the streams and finishes what was under way', async () => {
  const service = await startTestService({ limits: { transitionDelayMs: 60 } });
  await create(service, 'kept', 3);
  const { StreamARN: arn } = await create(service, 'leaving');
  await new Promise((resolve) => setTimeout(resolve, 120));
  await service.control.send(new DeleteStreamCommand({ StreamARN: arn }));
  await create(service, 'arriving');
  await service.restart();
  await new Promise((resolve) => setTimeout(resolve, 150));
  const { StreamInfoList: list = [] } = await service.control.send(new ListStreamsCommand({}));
  assert.equal(
    list.map((info) => [info.StreamName, info.Status, info.DataRetentionInHours]),
    [
      ['arriving', 'ACTIVE', 0],
      ['kept', 'ACTIVE', 3],
    ],
  );
  await service.close();
});

streams.run();
