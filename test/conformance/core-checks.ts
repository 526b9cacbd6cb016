/** What the core must do in every engine: adapt, store, package, read back, trim, refuse. */
import { Core, type CoreStream, FRAME_FLAG, MkvReader, READER_EVENT } from '../../sdk/core/index.ts';
import type { Platform } from '../../sdk/platform.ts';
import * as STATUS from '../../sdk/status-codes.ts';
import { assertBytes, assertSame, assertThat, type Check, fromHex, hex } from './check.ts';
import { DELTA_FRAME, KEY_FRAME, slice } from './synthetic-video.ts';

const STORE_BYTES = 1 << 20;
const FRAME_US = 40_000;
const EBML_MAGIC = '1a45dfa3';
const START_CODE = fromHex('00000001');

const FRAMES_PER_FRAGMENT = 3;

async function openStream(
  platform: Platform,
): Promise<{ readonly core: Core; readonly stream: CoreStream; readonly usedBytes: () => number }> {
  const core = Core.create(await platform.loadCore());
  const store = core.openStore(STORE_BYTES);
  const stream = store.openStream({
    tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEG4/ISO/AVC' }],
    nal: 'annexb-to-avcc',
    adaptCodecPrivateData: true,
    contentType: 'video/h264',
    segmentUuid: new Uint8Array(16).fill(9),
    expectsPersistedAck: true,
  });
  return { core, stream, usedBytes: () => store.usedBytes };
}

function putFragment(stream: CoreStream, fragment: number): void {
  for (let index = 0; index < FRAMES_PER_FRAGMENT; index++) {
    const { annexB } = index === 0 ? KEY_FRAME : DELTA_FRAME;
    const timestampUs = (fragment * FRAMES_PER_FRAGMENT + index) * FRAME_US;
    const result = stream.putFrame(1, annexB, index === 0 ? FRAME_FLAG.key : 0, timestampUs, Number.NaN, FRAME_US);
    assertThat(result >= 0, `putFrame returned ${result}`);
  }
}

/** Everything that is there to read, in small pieces, so that every element is split somewhere. */
function readAll(stream: CoreStream): Uint8Array {
  const piece = new Uint8Array(61);
  const bytes: number[] = [];
  do bytes.push(...piece.subarray(0, stream.read(piece)));
  while (stream.readStatus === 0);
  return Uint8Array.from(bytes);
}

interface Block {
  readonly isKey: boolean;
  readonly payload: Uint8Array;
}

/** The blocks of a whole document, or the fault that ended it. */
function readBlocks(
  core: Core,
  document: Uint8Array,
): { readonly blocks: Block[]; readonly reader: MkvReader; readonly end: number } {
  const reader = new MkvReader(core);
  const blocks: Block[] = [];
  let taken = 0;
  for (;;) {
    const event = reader.next();
    if (event === READER_EVENT.FINISHED || event === READER_EVENT.FAULT) return { blocks, reader, end: event };
    if (event === READER_EVENT.NEED_DATA) {
      if (taken === document.length) reader.finish();
      else taken += reader.push(document, taken);
    } else if (event === READER_EVENT.BLOCK) {
      blocks.push({ isKey: (reader.blockFlags & 0x80) !== 0, payload: new Uint8Array(0) });
    } else if (event === READER_EVENT.DATA) {
      const block = blocks.at(-1);
      if (block !== undefined)
        blocks[blocks.length - 1] = { ...block, payload: Uint8Array.from([...block.payload, ...reader.dataView()]) };
    }
  }
}

export const coreChecks: readonly Check[] = [
  {
    group: 'core',
    name: 'frames go in as Annex-B and come out of the Matroska as AVCC',
    async run(platform) {
      const { core, stream } = await openStream(platform);
      stream.beginSession();
      putFragment(stream, 0);
      putFragment(stream, 1);
      const { blocks, end } = readBlocks(core, readAll(stream));
      assertSame(end, READER_EVENT.FINISHED, 'end of the document');
      assertSame(blocks.length, 2 * FRAMES_PER_FRAGMENT, 'blocks');
      for (const [index, { isKey, payload }] of blocks.entries()) {
        const expectsKey = index % FRAMES_PER_FRAGMENT === 0;
        assertSame(isKey, expectsKey, `key flag of block ${index}`);
        assertBytes(payload, expectsKey ? KEY_FRAME.avcc : DELTA_FRAME.avcc, `block ${index}`);
      }
    },
  },
  {
    group: 'core',
    name: 'a persisted ack trims, and the store comes back to where it began',
    async run(platform) {
      const { stream, usedBytes } = await openStream(platform);
      const emptyBytes = usedBytes();
      stream.beginSession();
      putFragment(stream, 0);
      putFragment(stream, 1);
      readAll(stream);
      const first = stream.acknowledge('persisted', 0);
      assertSame(first.status, 0, 'status');
      assertSame(first.frames, FRAMES_PER_FRAGMENT, 'frames trimmed');
      assertThat(usedBytes() > emptyBytes, 'The second fragment is gone too');
      stream.stop();
      readAll(stream);
      stream.acknowledge('persisted', (FRAMES_PER_FRAGMENT * FRAME_US) / 1000);
      stream.dispose();
      assertSame(usedBytes(), emptyBytes, 'bytes in use');
    },
  },
  {
    group: 'core',
    name: 'an ack that names no fragment changes nothing',
    async run(platform) {
      const { stream, usedBytes } = await openStream(platform);
      stream.beginSession();
      putFragment(stream, 0);
      readAll(stream);
      const before = usedBytes();
      assertSame(
        stream.acknowledge('persisted', 1_000_000).status,
        STATUS.STATUS_ACK_TIMESTAMP_NOT_IN_VIEW_WINDOW,
        'status',
      );
      assertSame(usedBytes(), before, 'bytes in use');
    },
  },
  {
    group: 'core',
    name: 'a roll back sends the same fragment again behind a fresh header',
    async run(platform) {
      const { core, stream } = await openStream(platform);
      stream.beginSession();
      putFragment(stream, 0);
      readAll(stream);
      assertSame(stream.rollBack('unpersisted'), 1, 'fragments to send again');
      stream.beginSession();
      const again = readAll(stream);
      assertSame(hex(again.subarray(0, 4)), EBML_MAGIC, 'first bytes');
      const { blocks } = readBlocks(core, again);
      assertSame(blocks.length, FRAMES_PER_FRAGMENT, 'blocks');
      assertBytes(blocks[0]?.payload ?? new Uint8Array(0), KEY_FRAME.avcc, 'first block');
    },
  },
  {
    group: 'core',
    name: 'a full store refuses a frame and keeps what it has',
    async run(platform) {
      const { core, stream, usedBytes } = await openStream(platform);
      putFragment(stream, 0);
      const large = slice(0x41, STORE_BYTES);
      large.set(START_CODE);
      const before = usedBytes();
      const result = stream.putFrame(1, large, 0, FRAMES_PER_FRAGMENT * FRAME_US, Number.NaN, FRAME_US);
      assertSame(result, -STATUS.STATUS_STORE_OUT_OF_MEMORY, 'result');
      assertSame(usedBytes(), before, 'bytes in use');
      stream.beginSession();
      assertSame(readBlocks(core, readAll(stream)).blocks.length, FRAMES_PER_FRAGMENT, 'blocks');
    },
  },
  {
    group: 'core',
    name: 'the reader refuses what is no Matroska, and says where',
    async run(platform) {
      const core = Core.create(await platform.loadCore());
      const { reader, end } = readBlocks(core, fromHex('00'.repeat(16)));
      assertSame(end, READER_EVENT.FAULT, 'end of the document');
      assertThat(reader.fault.status > 0, 'The fault has no status');
      assertSame(reader.fault.offset, 0, 'offset of the fault');
    },
  },
];
