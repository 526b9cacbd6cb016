/** Evaluated in engines with WebAssembly. */
import { EngineUpload } from './upload.ts';

let upload: EngineUpload;

export function open(adapts: boolean, codecPrivateData: ArrayBuffer, core: ArrayBuffer): void {
  upload = new EngineUpload({ flavour: 'simd', module: new WebAssembly.Module(core) }, adapts, codecPrivateData);
}

export const addFrame = (data: ArrayBuffer): void => upload.addFrame(data);
export const run = (times: number): number => upload.run(times);
