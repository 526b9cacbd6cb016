import { CreateStreamCommand } from '@aws-sdk/client-kinesis-video';
import type { KinesisVideoClient } from '@aws-sdk/client-kinesis-video';

let count = 0;

/** Makes a stream of its own for a test; resolves to its name. */
export async function newStream(
  service: { readonly control: KinesisVideoClient },
  retentionHours = 1,
): Promise<string> {
  count += 1;
  const name = `camera-${count}`;
  await service.control.send(new CreateStreamCommand({ StreamName: name, DataRetentionInHours: retentionHours }));
  return name;
}
