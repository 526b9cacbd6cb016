/** Child processes: started, watched, ended by their own id. */
import { spawn } from 'node:child_process';
import { root } from './prepare.mjs';

/** @typedef {{ code: number | null, output: string, elapsedMs: number, timedOut: boolean }} CommandResult */

const running = new Set();

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    for (const child of running) endGroup(child);
    process.exit(130);
  });
}

/**
 * Runs a command to its end and collects what it prints. Never rejects: a command that cannot start has exit code null.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ timeLimitMs?: number, env?: Record<string, string>, echo?: boolean }} [options] `echo` prints as it comes
 * @returns {Promise<CommandResult>}
 */
export function runCommand(file, args, { timeLimitMs = 120_000, env = {}, echo = false } = {}) {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    // A process group of its own, so that what the child starts ends with it.
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      endGroup(child);
    }, timeLimitMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
        if (echo) process.stdout.write(text);
      });
    }
    const finish = (/** @type {number | null} */ code) => {
      clearTimeout(timer);
      if (!running.delete(child)) return;
      resolve({ code, output, elapsedMs: performance.now() - startedMs, timedOut });
    };
    child.once('error', (error) => {
      output += `${error.message}\n`;
      finish(null);
    });
    child.once('close', finish);
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function endGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself between the decision and the signal.
  }
}

/**
 * Runs jobs a few at a time, in order of their start; `done` sees each as it ends.
 * @template T
 * @param {readonly (() => Promise<T>)[]} jobs
 * @param {number} width how many run together
 * @returns {Promise<T[]>} results in the order of the jobs
 */
export async function runTogether(jobs, width) {
  /** @type {T[]} */
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next++;
      results[index] = await /** @type {() => Promise<T>} */ (jobs[index])();
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, worker));
  return results;
}
