/** One ack out of a PutMedia response. */
import { AckParser } from '../sdk/producer/acks.ts';
import type { Timed } from './row.ts';

const ACK_BYTES = 112;
const ACK =
  '{"EventType":"RECEIVED","FragmentTimecode":1600994737365,"FragmentNumber":"9134385233318143239268206260774392"}\n';
const ACKS = 1000;

const ackParsed: Timed = {
  name: `ack/parsed/${ACK_BYTES}B`,
  unit: 'ns',
  open() {
    const bytes = new TextEncoder().encode(ACK);
    if (bytes.length !== ACK_BYTES) throw new Error(`The ack has ${bytes.length} bytes`);
    let parsed = 0;
    const parser = new AckParser(
      ({ type, timecode }) => {
        if (type === 'received' && timecode === 1_600_994_737_365) parsed++;
      },
      (error) => {
        throw error;
      },
    );
    return {
      amount: ACKS,
      run() {
        parsed = 0;
        for (let pushed = 0; pushed < ACKS; pushed++) parser.push(bytes);
        if (parsed !== ACKS) throw new Error(`Parsed ${parsed} acks`);
      },
    };
  },
};

export const ackRows: readonly Timed[] = [ackParsed];
