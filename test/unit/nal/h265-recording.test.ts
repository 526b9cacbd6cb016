/** An H.265 camera's recording through the core, beside ffmpeg: the same codec private data, and the same pictures when decoded. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME_FLAG } from '../../../sdk/core/core-stream-types.ts';
import { openFixture, readAll } from '../../support/core-fixture.ts';
import { FLAVOURS, loadCore } from '../../support/load-core.ts';
import { skip } from '../../support/skip.ts';
import { removeDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

const recording = suite('h265 recording');

const FILE = fileURLToPath(new URL('../../../../shared/media/camera.h265', import.meta.url));
const FRAME_US = 40_000;
const TIME_LIMIT_MS = 60_000;

function output(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, ['-v', 'error', ...args], {
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
  });
  assert.is(status, 0, stderr);
  return stdout;
}

interface Packet {
  readonly size: string;
  readonly flags: string;
}

/** Codec private data as ffprobe reads it, in hex. */
function extradataOf(file: string): string {
  const json = output('ffprobe', '-show_entries', 'stream=extradata', '-show_data', '-of', 'json', file);
  const { streams } = JSON.parse(json) as { streams: readonly { extradata: string }[] };
  // Lines of `00000000: 0101 6000 …  text`.
  const lines = (streams[0]?.extradata ?? '').split('\n');
  return lines.map((line) => line.slice(10, 50).replaceAll(' ', '')).join('');
}

const picturesOf = (file: string): string => output('ffmpeg', '-i', file, '-map', '0:v', '-f', 'md5', '-');

if (!existsSync(FILE) || spawnSync('ffmpeg', ['-version']).status !== 0) {
  skip('h265 recording', 'camera.h265 of the shared media, or ffmpeg, is not here');
} else {
  let directory = '';
  recording.before(async () => {
    directory = await temporaryDirectory();
  });
  recording.after(() => removeDirectory(directory));

  for (const flavour of FLAVOURS) {
    recording(`the record and the pictures are ffmpeg's [${flavour}]`, () => {
      const { packets } = JSON.parse(output('ffprobe', '-show_entries', 'packet=size,flags', '-of', 'json', FILE)) as {
        packets: readonly Packet[];
      };
      const bytes = new Uint8Array(readFileSync(FILE));
      const { store, stream } = openFixture(
        loadCore(flavour),
        {
          tracks: [{ trackNumber: 1, trackId: 1, kind: 'video', codecId: 'V_MPEGH/ISO/HEVC' }],
          nal: 'annexb-to-avcc',
          adaptCodecPrivateData: true,
        },
        4 << 20,
      );
      let at = 0;
      packets.forEach(({ size, flags }, index) => {
        const data = bytes.subarray(at, (at += Number(size)));
        const key = flags.startsWith('K') ? FRAME_FLAG.key : 0;
        assert.ok(stream.putFrame(1, data, key, index * FRAME_US, index * FRAME_US, FRAME_US) >= 0, `frame ${index}`);
      });
      stream.stop();
      stream.beginSession();
      const ours = join(directory, `${flavour}.mkv`);
      writeFileSync(ours, readAll(stream));
      store.dispose();

      const theirs = join(directory, 'ffmpeg.mkv');
      output('ffmpeg', '-y', '-i', FILE, '-c', 'copy', theirs);
      assert.ok(extradataOf(ours).startsWith('0101'), 'a record');
      assert.is(extradataOf(ours), extradataOf(theirs));
      assert.is(picturesOf(ours), picturesOf(FILE));
    });
  }
}
recording.run();
