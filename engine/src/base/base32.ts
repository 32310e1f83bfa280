/**
 * Base32 with lower-case digits and letters, without `i`, `l`, `o` and `u` (Crockford's alphabet):
 * 16 bytes give 26 characters that are a valid FHIR id and survive being read aloud.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Encode bytes, most significant bit first; the last character is padded with zero bits. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >>> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31];
}

/** Undo {@link encodeBase32}; undefined when a character is not of the alphabet. */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  return decodeBase32Into(text, bytes, 0) ? bytes : undefined;
}

/**
 * The same into `out`, from `at`: millions of buffers of 16 bytes would cost more than what is in them.
 * False: a character is not of the alphabet, and part of it may have been written.
 */
export function decodeBase32Into(text: string, out: Uint8Array, at: number): boolean {
  let held = 0;
  let bits = 0;
  let to = at;
  for (let place = 0; place < text.length; place++) {
    const value = values[text.charCodeAt(place)] ?? -1;
    if (value < 0) return false;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[to++] = held >>> bits;
      held &= (1 << bits) - 1;
    }
  }
  return true;
}

const values = new Int8Array(128).fill(-1);
for (let at = 0; at < alphabet.length; at++) values[alphabet.charCodeAt(at)] = at;
