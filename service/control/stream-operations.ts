/** CreateStream, DescribeStream, ListStreams, UpdateStream, DeleteStream, UpdateDataRetention. Source: service-api §2.1. */

import type { ServiceContext } from '../context.ts';
import { invalidArgument, ServiceError } from '../errors.ts';
import {
  ARN,
  DEVICE_NAME,
  KEY_ID,
  MEDIA_TYPE,
  NAME,
  NEXT_TOKEN,
  STREAM_ADDRESS,
  TAG_KEY,
  TAG_VALUE,
  VERSION,
} from '../request/constraints.ts';
import { resolveStream } from '../request/stream-address.ts';
import type { StreamAddress } from '../request/stream-address.ts';
import type { StreamRow } from '../storage.ts';
import { operation } from './operation.ts';
import type { ControlPlane, Operation } from './operation.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';
import { defaultKeyArn, newStreamId, newVersion, streamArn } from './resource-names.ts';
import { checkTagCount } from './tag-operations.ts';

const MAX_LIST_RESULTS = 10_000;

const createStream = operation(
  '/createStream',
  {
    StreamName: { ...NAME, required: true },
    DeviceName: DEVICE_NAME,
    MediaType: MEDIA_TYPE,
    KmsKeyId: KEY_ID,
    DataRetentionInHours: { type: 'integer', min: 0 },
    Tags: { type: 'map', minLength: 1, key: TAG_KEY, value: TAG_VALUE },
    // Checked but without effect: there is one tier of storage here.
    StreamStorageConfiguration: {
      type: 'structure',
      members: { DefaultStorageTier: { type: 'enum', values: ['HOT', 'WARM'], required: true } },
    },
  },
  async (plane, input) => {
    const retentionHours = input.DataRetentionInHours ?? 0;
    checkRetention(plane, retentionHours);
    const tags = new Map(Object.entries(input.Tags ?? {}));
    checkTagCount(plane, tags.size);
    if ((await plane.streams.countStreams()) >= plane.limits.maxStreams) {
      throw new ServiceError(
        'AccountStreamLimitExceededException',
        `The account already has ${plane.limits.maxStreams} streams`,
      );
    }
    const creationTimeMs = Math.floor(plane.platform.now());
    const row: StreamRow = {
      streamId: newStreamId(plane.platform),
      name: input.StreamName,
      arn: streamArn(plane.region, plane.accountId, input.StreamName, creationTimeMs),
      deviceName: input.DeviceName ?? null,
      mediaType: input.MediaType ?? null,
      kmsKeyId: input.KmsKeyId ?? null,
      version: newVersion(plane.platform),
      status: plane.lifecycle.statusAfter('CREATING'),
      creationTimeMs,
      retentionHours,
    };
    if (!(await plane.streams.createStream(row, tags))) {
      throw new ServiceError('ResourceInUseException', `StreamName ${row.name} is taken by another stream`);
    }
    await plane.lifecycle.settle(row);
    return { StreamARN: row.arn };
  },
);

const describeStream = operation('/describeStream', STREAM_ADDRESS, async (plane, input) => ({
  StreamInfo: streamInfo(plane, await resolveStream(plane.streams, input)),
}));

const listStreams = operation(
  '/listStreams',
  {
    MaxResults: { type: 'integer', min: 1, max: MAX_LIST_RESULTS },
    NextToken: NEXT_TOKEN,
    StreamNameCondition: {
      type: 'structure',
      members: { ComparisonOperator: { type: 'enum', values: ['BEGINS_WITH'] }, ComparisonValue: NAME },
    },
  },
  async (plane, input) => {
    const prefix = input.StreamNameCondition?.ComparisonValue ?? '';
    const limit = input.MaxResults ?? MAX_LIST_RESULTS;
    // An empty token means none: some clients send the empty string for the first page.
    const position = input.NextToken ? decodePageToken(input.NextToken, prefix) : { prefix };
    const rows = await plane.streams.listStreams({ ...position, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      StreamInfoList: page.map((row) => streamInfo(plane, row)),
      ...(rows.length > limit && last !== undefined
        ? { NextToken: encodePageToken({ prefix, afterName: last.name }) }
        : {}),
    };
  },
);

const updateStream = operation(
  '/updateStream',
  { ...STREAM_ADDRESS, CurrentVersion: { ...VERSION, required: true }, DeviceName: DEVICE_NAME, MediaType: MEDIA_TYPE },
  async (plane, input) => {
    const row = await changeableStream(plane, input);
    await plane.lifecycle.settle(
      await replaceStream(plane, row, {
        status: plane.lifecycle.statusAfter('UPDATING'),
        deviceName: input.DeviceName ?? row.deviceName,
        mediaType: input.MediaType ?? row.mediaType,
      }),
    );
    return {};
  },
);

const deleteStream = operation(
  '/deleteStream',
  { StreamARN: { ...ARN, required: true }, CurrentVersion: VERSION },
  async (plane, input) => {
    const row = await changeableStream(plane, input);
    await plane.lifecycle.settle(await replaceStream(plane, row, { status: 'DELETING' }));
    return {};
  },
);

const updateDataRetention = operation(
  '/updateDataRetention',
  {
    ...STREAM_ADDRESS,
    CurrentVersion: { ...VERSION, required: true },
    Operation: { type: 'enum', values: ['INCREASE_DATA_RETENTION', 'DECREASE_DATA_RETENTION'], required: true },
    DataRetentionChangeInHours: { type: 'integer', min: 1, required: true },
  },
  async (plane, input) => {
    const row = await changeableStream(plane, input);
    const sign = input.Operation === 'INCREASE_DATA_RETENTION' ? 1 : -1;
    // A change, not the new value: the guide's text says otherwise, today's clients agree (service-api §0.9).
    const retentionHours = row.retentionHours + sign * input.DataRetentionChangeInHours;
    checkRetention(plane, retentionHours);
    const changed = await replaceStream(plane, row, {
      status: plane.lifecycle.statusAfter('UPDATING'),
      retentionHours,
    });
    if (retentionHours < row.retentionHours) await plane.retention.expire(changed);
    await plane.lifecycle.settle(changed);
    return {};
  },
);

export const STREAM_OPERATIONS: readonly Operation[] = [
  createStream,
  describeStream,
  listStreams,
  updateStream,
  deleteStream,
  updateDataRetention,
];

function checkRetention(plane: ControlPlane, hours: number): void {
  const { maxRetentionHours } = plane.limits;
  if (hours < 0 || hours > maxRetentionHours) {
    throw invalidArgument(`Data retention must stay within 0 to ${maxRetentionHours} hours, would be ${hours}`);
  }
}

/** The stream that a change addresses, if it may be changed now. */
async function changeableStream(
  plane: ControlPlane,
  input: StreamAddress & { readonly CurrentVersion?: string },
): Promise<StreamRow> {
  const row = await resolveStream(plane.streams, input);
  if (row.status !== 'ACTIVE') {
    throw new ServiceError(
      'ResourceInUseException',
      `Stream ${row.name} is ${row.status}; it can be changed when ACTIVE`,
    );
  }
  if (input.CurrentVersion !== undefined && input.CurrentVersion !== row.version) throw versionMismatch(row);
  return row;
}

/** Writes changes under a new version, provided that nobody changed the stream since `row` was read. */
async function replaceStream(plane: ControlPlane, row: StreamRow, changes: Partial<StreamRow>): Promise<StreamRow> {
  const changed = { ...row, ...changes, version: newVersion(plane.platform) };
  if (!(await plane.streams.updateStream(changed, row.version))) throw versionMismatch(row);
  return changed;
}

function versionMismatch(row: StreamRow): ServiceError {
  return new ServiceError(
    'VersionMismatchException',
    `CurrentVersion is not the present version of stream ${row.name}`,
  );
}

function streamInfo(context: ServiceContext, row: StreamRow): object {
  return {
    StreamName: row.name,
    StreamARN: row.arn,
    ...(row.deviceName === null ? {} : { DeviceName: row.deviceName }),
    ...(row.mediaType === null ? {} : { MediaType: row.mediaType }),
    KmsKeyId: row.kmsKeyId ?? defaultKeyArn(context.region, context.accountId),
    Version: row.version,
    Status: row.status,
    CreationTime: row.creationTimeMs / 1000,
    DataRetentionInHours: row.retentionHours,
  };
}
