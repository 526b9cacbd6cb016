/** UTF-8 both ways. Source: Encoding §4.1 (decoder) and §8 (the two classes), of which UTF-8 alone is known. */

const REPLACEMENT = 0xfffd;
const BOM = 0xfeff;
/** What `String.fromCharCode` is given at once: engines keep arguments on the stack. */
const PIECE_UNITS = 2048;

export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(text.length * 3);
    return bytes.slice(0, this.encodeInto(text, bytes).written);
  }

  /** As much of the text as there is room for, in whole characters. */
  encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    let written = 0;
    let read = 0;
    while (read < text.length) {
      const unit = text.codePointAt(read) as number;
      const point = unit >= 0xd800 && unit < 0xe000 ? REPLACEMENT : unit;
      const sizeBytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (written + sizeBytes > into.length) break;
      if (sizeBytes === 1) into[written] = point;
      else {
        for (let at = sizeBytes - 1, rest = point; at > 0; at--, rest >>>= 6) into[written + at] = 0x80 | (rest & 0x3f);
        into[written] = ((0xf00 >> sizeBytes) & 0xff) | (point >>> (6 * (sizeBytes - 1)));
      }
      written += sizeBytes;
      read += point > 0xffff ? 2 : 1;
    }
    return { read, written };
  }
}

export class TextDecoder {
  readonly encoding = 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** Of the character that is not whole yet: its bits, the bytes that it lacks, and the range of the next one. */
  #point = 0;
  #missing = 0;
  #least = 0x80;
  #most = 0xbf;
  #isBegun = false;

  /** Throws `RangeError` for a label of another encoding. */
  constructor(label = 'utf-8', options: { readonly fatal?: boolean; readonly ignoreBOM?: boolean } = {}) {
    if (!/^\s*(unicode-1-1-utf-8|unicode11utf8|unicode20utf8|utf-?8|x-unicode20utf8)\s*$/i.test(label))
      throw new RangeError(`The encoding ${label} is not known here`);
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  /** Throws `TypeError` for bytes that are no UTF-8 when `fatal` was asked for. */
  decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { readonly stream?: boolean } = {}): string {
    const units: number[] = [];
    let text = '';
    for (const byte of bytesOf(input)) {
      this.#take(byte, units);
      if (units.length < PIECE_UNITS) continue;
      text += String.fromCharCode(...units);
      units.length = 0;
    }
    if (!stream) {
      if (this.#missing > 0) this.#refuse(units);
      this.#isBegun = false;
    }
    return text + String.fromCharCode(...units);
  }

  #take(byte: number, units: number[]): void {
    if (this.#missing > 0) {
      if (byte >= this.#least && byte <= this.#most) {
        this.#expect(this.#missing - 1, (this.#point << 6) | (byte & 0x3f));
        if (this.#missing === 0) this.#give(this.#point, units);
        return;
      }
      this.#refuse(units);
    }
    if (byte < 0x80) this.#give(byte, units);
    else if (byte >= 0xc2 && byte <= 0xdf) this.#expect(1, byte & 0x1f);
    // The second byte of the shortest and the highest forms, and of what would be surrogates, has a narrower range.
    else if (byte >= 0xe0 && byte <= 0xef)
      this.#expect(2, byte & 0xf, byte === 0xe0 ? 0xa0 : 0x80, byte === 0xed ? 0x9f : 0xbf);
    else if (byte >= 0xf0 && byte <= 0xf4)
      this.#expect(3, byte & 0x7, byte === 0xf0 ? 0x90 : 0x80, byte === 0xf4 ? 0x8f : 0xbf);
    else this.#refuse(units);
  }

  #expect(missing: number, point: number, least = 0x80, most = 0xbf): void {
    this.#missing = missing;
    this.#point = point;
    this.#least = least;
    this.#most = most;
  }

  #give(point: number, units: number[]): void {
    const isFirst = !this.#isBegun;
    this.#isBegun = true;
    if (isFirst && point === BOM && !this.ignoreBOM) return;
    if (point < 0x10000) units.push(point);
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
  }

  #refuse(units: number[]): void {
    this.#expect(0, 0);
    if (this.fatal) {
      this.#isBegun = false;
      throw new TypeError('The bytes are not UTF-8');
    }
    this.#give(REPLACEMENT, units);
  }
}

function bytesOf(input: ArrayBuffer | ArrayBufferView = new ArrayBuffer(0)): Uint8Array {
  return ArrayBuffer.isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : new Uint8Array(input);
}
