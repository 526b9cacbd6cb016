/** Evaluated in engines without WebAssembly. */
import { instantiate } from '../../build/core.js';
import { EngineUpload } from './upload.ts';

let upload: EngineUpload;

export function open(adapts: boolean, codecPrivateData: ArrayBuffer): void {
  upload = new EngineUpload({ flavour: 'js', instantiate }, adapts, codecPrivateData);
}

export const addFrame = (data: ArrayBuffer): void => upload.addFrame(data);
export const run = (times: number): number => upload.run(times);
