/** UTF-8 without the encoding API, which not every engine has. */

/** The text as UTF-8; what is no scalar value becomes U+FFFD, as in `TextEncoder`. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = scalarValue(character.codePointAt(0) as number);
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), trailing(code));
    else if (code < 0x1_0000) bytes.push(0xe0 | (code >> 12), trailing(code >> 6), trailing(code));
    else bytes.push(0xf0 | (code >> 18), trailing(code >> 12), trailing(code >> 6), trailing(code));
  }
  return Uint8Array.from(bytes);
}

const scalarValue = (code: number): number => (code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
const trailing = (bits: number): number => 0x80 | (bits & 0x3f);
