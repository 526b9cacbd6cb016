/**
 * Reads a stream from its beginning and prints a line for each fragment, until it has caught up.
 *
 *     node --import tsx examples/node/receive.ts front-door http://127.0.0.1:9494
 */
import { createNodePlatform } from '../../bindings/node/platform.ts';
import { staticCredentials } from '../../sdk/aws/credentials.ts';
import { getMedia } from '../../sdk/consumer/get-media.ts';
import { readFragments } from '../../sdk/consumer/fragment-reader.ts';
import { Core } from '../../sdk/core/core.ts';

const [streamName, endpoint] = process.argv.slice(2);
if (!streamName || !endpoint) throw new Error('Usage: receive.ts STREAM ENDPOINT');

const platform = createNodePlatform();
const core = Core.create(await platform.loadCore());
const credentials = staticCredentials({ accessKeyId: 'penstock', secretAccessKey: 'penstock-development' });
const target = { platform, region: 'us-west-2', endpoint, credentials };

for await (const fragment of readFragments(core, await getMedia(target, streamName, { type: 'EARLIEST' }))) {
  const time = new Date(fragment.producerTimestampMs ?? 0).toISOString();
  console.log(`${time} ${fragment.frames.length} frames, fragment ${fragment.fragmentNumber}`);
  if (fragment.millisBehindNow === 0) break;
}
