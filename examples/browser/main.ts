/**
 * The page: start and stop the camera, a preview, and what becomes of it. `serve.ts` tells where the relay is; an application gets the token
 * from its own server.
 *
 * An application imports from 'penstock' what this file takes from the repository.
 */
import { type Camera, openCamera } from '../../bindings/browser/index.ts';

const FIGURES_MS = 500;

const find = <T extends HTMLElement>(id: string): T => document.querySelector(`#${id}`) as T;
const preview = find<HTMLVideoElement>('preview');
const startButton = find<HTMLButtonElement>('start');
const stopButton = find<HTMLButtonElement>('stop');
const state = find<HTMLOutputElement>('state');
const figures = find('figures');

let camera: Camera | undefined;

function show(text: string): void {
  state.textContent = text;
  startButton.disabled = camera !== undefined || text === 'starting';
  stopButton.disabled = camera === undefined || text !== 'sending';
}

function showFigures(): void {
  if (camera === undefined) return;
  const { video } = camera.statistics;
  const { acks, sessionsConnected, fragmentsPersisted, storedDurationUs } = camera.stream.metrics;
  const { codec, width, height } = camera.video.config;
  figures.textContent = JSON.stringify(
    { codec, width, height, ...video, acks, sessionsConnected, fragmentsPersisted, storedDurationUs },
    undefined,
    2,
  );
}

async function start(): Promise<void> {
  show('starting');
  try {
    const settings = (await (await fetch('/settings')).json()) as { relayUrl: string; token: string; stream: string };
    const { relayUrl, token, stream } = settings;
    camera = await openCamera({ relay: { url: relayUrl, token } }, stream, { width: 640, height: 480, audio: false });
    preview.srcObject = camera.preview;
    show('sending');
    for await (const event of camera.events())
      if (event.type === 'failed') show(`failed: ${String(event.error)}`);
      else show(event.type);
  } catch (error) {
    show(`failed: ${String(error)}`);
  }
}

async function stop(): Promise<void> {
  show('stopping');
  try {
    await camera?.stop();
    showFigures();
    camera = undefined;
    show('stopped');
  } catch (error) {
    camera = undefined;
    show(`failed: ${String(error)}`);
  }
  preview.srcObject = null;
}

startButton.addEventListener('click', () => void start());
stopButton.addEventListener('click', () => void stop());
setInterval(showFigures, FIGURES_MS);
