/** Tag chains: their bytes from each outermost element, and the lengths that are refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Core } from '../../../sdk/core/core.ts';
import * as STATUS from '../../../sdk/status-codes.ts';
import { toHex } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';

const chains = suite('tag chains');

const TAGS = 0;
const TAG = 1;
const SIMPLE_TAG = 2;
const MAX_HEADS_BYTES = 52;
const FILL = 0xaa;

/** Name `n` and value `v` from each outermost element, RFC 9559 §5.1.8, all sizes in eight octets. */
const SIMPLE_TAG_HEX = '67c8010000000000001645a301000000000000016e4487010000000000000176';
const TAG_HEX = `73730100000000000020${SIMPLE_TAG_HEX}`;
const TAGS_HEX = `1254c367010000000000002a${TAG_HEX}`;

/** The chain, or minus a status; a refusal writes nothing. */
function write(core: Core, top: number, name: string, value: string): Uint8Array | number {
  const text = Buffer.from(name + value, 'latin1');
  const room = MAX_HEADS_BYTES + text.length;
  const at = core.scratch(new Uint8Array(room).fill(FILL), text);
  const nameAt = at + room;
  const written = core.exports.tagChainWrite(at, top, nameAt, name.length, nameAt + name.length, value.length);
  if (written >= 0) return core.bytes.slice(at, at + written);
  assert.ok(
    core.bytes.slice(at, at + room).every((byte) => byte === FILL),
    'nothing is written',
  );
  return written;
}

for (const flavour of FLAVOURS) {
  const core = loadCore(flavour);
  const hex = (top: number): string => {
    const chain = write(core, top, 'n', 'v');
    return typeof chain === 'number' ? String(chain) : toHex(chain);
  };

  chains(`each form is the tail of the one before [${flavour}]`, () => {
    assert.is(hex(TAGS), TAGS_HEX);
    assert.is(hex(TAG), TAG_HEX);
    assert.is(hex(SIMPLE_TAG), SIMPLE_TAG_HEX);
  });

  chains(`lengths at their limits [${flavour}]`, () => {
    for (const [top, headsBytes] of [
      [TAGS, 52],
      [TAG, 40],
      [SIMPLE_TAG, 30],
    ] as const) {
      for (const [nameLength, valueLength] of [
        [1, 0],
        [128, 256],
      ] as const) {
        const chain = write(core, top, 'n'.repeat(nameLength), 'v'.repeat(valueLength));
        assert.is((chain as Uint8Array).length, headsBytes + nameLength + valueLength);
      }
    }
  });

  chains(`what is refused, in the order of the checks [${flavour}]`, () => {
    const rows: readonly (readonly [number, number, number, number])[] = [
      [TAGS, 0, 1, STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
      [TAGS, 129, 1, STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
      [TAG, 129, 257, STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH],
      [SIMPLE_TAG, 128, 257, STATUS.STATUS_MKV_INVALID_TAG_VALUE_LENGTH],
      [3, 1, 257, STATUS.STATUS_MKV_INVALID_TAG_VALUE_LENGTH],
      [3, 1, 1, STATUS.STATUS_MKV_INVALID_PARENT_TYPE],
      [-1, 1, 1, STATUS.STATUS_MKV_INVALID_PARENT_TYPE],
    ];
    for (const [top, nameLength, valueLength, status] of rows) {
      const refused = write(core, top, 'n'.repeat(nameLength), 'v'.repeat(valueLength));
      assert.is(refused, -status, `${top}, ${nameLength}, ${valueLength}`);
    }
    const negative = core.exports.tagChainWrite(core.scratch(new Uint8Array(64)), TAGS, 0, -1, 0, 0);
    assert.is(negative, -STATUS.STATUS_MKV_INVALID_TAG_NAME_LENGTH, 'a length of all ones');
  });
}

chains.run();
