import { isAscii } from 'node:buffer';

/** Encodings in which ASCII is what it is. */
const asciiLike = /^(utf-?8|us-ascii|ascii|iso-8859-\d+|windows-\d+|latin1)$/i;

/**
 * The characters of an XML document, by its byte order mark or the encoding its declaration names
 * (XML 1.0, appendix F). Undefined where the bytes are not of that encoding.
 */
export function xmlText(bytes: Uint8Array): string | undefined {
  const label = markedEncoding(bytes) ?? declaredEncoding(bytes) ?? 'utf-8';
  // A byte is a character: the text takes half the memory, and is read quicker.
  if (isAscii(bytes) && asciiLike.test(label)) return bufferOf(bytes).toString('latin1');
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0x3c && second === 0) return 'utf-16le';
  if (first === 0 && second === 0x3c) return 'utf-16be';
  return first === 0xef && second === 0xbb ? 'utf-8' : undefined;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 120));
  const label = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  // The declaration was read byte by byte, so it can't be of an encoding that takes two.
  return label === undefined || /^utf-?16/i.test(label) ? undefined : label;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
