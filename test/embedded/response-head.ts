/** The head of an answer as an embedded engine reads it. */
import { ResponseHeadParser } from '../../bindings/embedded/http/response-head.ts';

/** A header's value; or what the head was refused with. */
export function readHeader(bytes: ArrayBuffer, name: string): string {
  try {
    return new ResponseHeadParser().push(new Uint8Array(bytes), 0).head?.headers.get(name) ?? 'not there';
  } catch (error) {
    return String(error);
  }
}
