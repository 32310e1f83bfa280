import type { LineCharset } from '../model/recordLayout.ts';
import { isWide } from './recordText.ts';

/** Code units of a text: its bytes, or its 16-bit units where a character takes two bytes. */
export type Units = Uint8Array | Uint16Array;

/** A text as the units of a character set; empty if the set lacks one of its characters. */
export function lineUnits(text: string, charset: LineCharset): Units {
  if (isWide(charset)) return Uint16Array.from(text, (character) => character.charCodeAt(0));
  if (charset === 'utf-8') return Buffer.from(text, 'utf8');
  const characters = new TextDecoder(charset).decode(Uint8Array.from({ length: 256 }, byteAt));
  const bytes = Array.from(text, (character) => characters.indexOf(character));
  return bytes.includes(-1) ? new Uint8Array(0) : Uint8Array.from(bytes);
}

/**
 * Bytes as units, without a copy where the machine's own order allows it. Half a unit at the end is
 * one, so that damage is not passed over.
 */
export function asUnits(bytes: Buffer, charset: LineCharset): Units {
  if (!isWide(charset)) return bytes;
  const length = Math.ceil(bytes.length / 2);
  if (charset === 'utf-16le' && bytes.byteOffset % 2 === 0 && bytes.length % 2 === 0) {
    return new Uint16Array(bytes.buffer, bytes.byteOffset, length);
  }
  const own = Buffer.alloc(length * 2);
  bytes.copy(own);
  if (charset === 'utf-16be') own.swap16();
  return new Uint16Array(own.buffer, own.byteOffset, length);
}

/** Bytes that one unit takes. */
export function unitBytes(charset: LineCharset): 1 | 2 {
  return isWide(charset) ? 2 : 1;
}

function byteAt(_: unknown, at: number): number {
  return at;
}
