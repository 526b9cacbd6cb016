/** Programs from the system that some tests check our streams with. */
import { spawnSync } from 'node:child_process';

const INSTALL_LIMIT_MS = 5 * 60_000;

/** Program → the Debian package that brings it. */
const PROGRAMS = { ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg', mkvinfo: 'mkvtoolnix', chromium: 'chromium' };

const isMissing = (/** @type {string} */ program) =>
  spawnSync(program, [program.startsWith('ff') ? '-version' : '--version'], { stdio: 'ignore' }).status !== 0;

/**
 * Installs what is missing where apt-get is there and we may use it. Whatever stays missing is not an error: the tests that
 * need it skip themselves by name.
 */
export function ensureSystemPackages() {
  const missing = Object.keys(PROGRAMS).filter(isMissing);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PROGRAMS[/** @type {keyof typeof PROGRAMS} */ (program)]))];
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.log(
      `Missing ${missing.join(', ')}; tests that need them are skipped (Debian packages: ${packages.join(' ')})`,
    );
    return;
  }
  console.error(`Installing Debian packages: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', ...packages],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: INSTALL_LIMIT_MS,
    });
    if (status !== 0) {
      console.error(`apt-get ${args[0]} failed; tests that need ${missing.join(', ')} are skipped\n${stderr ?? ''}`);
      return;
    }
  }
}
