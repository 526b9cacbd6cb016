/** GetDataEndpoint. Source: service-api §2.2. */

import { STREAM_ADDRESS } from '../request/constraints.ts';
import { resolveStream } from '../request/stream-address.ts';
import { operation } from './operation.ts';
import type { Operation } from './operation.ts';

/** One address answers for all of them; it is configured, never taken from Host, which native clients send without the port. */
export const getDataEndpoint: Operation = operation(
  '/getDataEndpoint',
  {
    ...STREAM_ADDRESS,
    APIName: {
      type: 'enum',
      values: [
        'PUT_MEDIA',
        'GET_MEDIA',
        'LIST_FRAGMENTS',
        'GET_MEDIA_FOR_FRAGMENT_LIST',
        'GET_HLS_STREAMING_SESSION_URL',
        'GET_DASH_STREAMING_SESSION_URL',
        'GET_CLIP',
        'GET_IMAGES',
      ],
      required: true,
    },
  },
  async (plane, input) => {
    await resolveStream(plane.streams, input);
    return { DataEndpoint: plane.publicUrl() };
  },
);
