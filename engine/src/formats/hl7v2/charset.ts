import { isUtf8 } from 'node:buffer';

/** Turns the bytes of a value into text. */
export type Decode = (bytes: Buffer) => string;

/** How the bytes of a message are text. */
export interface Charset {
  /** The name it was asked for by, as in HL7 table 0211. */
  name: string;
  decode: Decode;
  /** Bytes of a text; undefined when the set lacks a character of it. */
  encode: (text: string) => Buffer | undefined;
  /**
   * Whether a byte below 0x80 can be the second half of a character, so that what looks like a
   * delimiter is none.
   */
  trailing: 'never' | 'after-lead' | 'after-shift';
}

/** HL7 table 0211 to names of the WHATWG Encoding Standard. */
const labels: Readonly<Record<string, string>> = {
  '': 'ascii',
  ASCII: 'ascii',
  'ISO IR6': 'ascii',
  '8859/1': 'iso-8859-1',
  '8859/2': 'iso-8859-2',
  '8859/3': 'iso-8859-3',
  '8859/4': 'iso-8859-4',
  '8859/5': 'iso-8859-5',
  '8859/6': 'iso-8859-6',
  '8859/7': 'iso-8859-7',
  '8859/8': 'iso-8859-8',
  '8859/9': 'windows-1254',
  '8859/15': 'iso-8859-15',
  'ISO IR14': 'shift_jis',
  'ISO IR87': 'iso-2022-jp',
  'ISO IR159': 'iso-2022-jp',
  'GB 18030-2000': 'gb18030',
  'KS X 1001': 'euc-kr',
  'CNS 11643-1992': 'big5',
  'BIG-5': 'big5',
  UNICODE: 'utf-8',
  'UNICODE UTF-8': 'utf-8',
};

/** Other spellings seen in feeds. */
const aliases: Readonly<Record<string, string>> = {
  'UTF-8': 'UNICODE UTF-8',
  UTF8: 'UNICODE UTF-8',
  'UNICODE UTF8': 'UNICODE UTF-8',
  'ISO-8859-1': '8859/1',
  'ISO 8859-1': '8859/1',
  'ISO8859-1': '8859/1',
  LATIN1: '8859/1',
  'US-ASCII': 'ASCII',
  'ISO-IR87': 'ISO IR87',
  GB18030: 'GB 18030-2000',
};

function isBelow(text: string, limit: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= limit) return false;
  return true;
}

const asciiOnly: Charset = {
  name: 'ASCII',
  decode: (bytes) => bytes.toString('latin1'),
  encode: (text) => (isBelow(text, 0x80) ? Buffer.from(text, 'latin1') : undefined),
  trailing: 'never',
};

/** `8859/1` as the standard has it: 0x80 to 0x9f are control characters, not those of Windows. */
const latin1: Charset = {
  name: '8859/1',
  decode: (bytes) => bytes.toString('latin1'),
  encode: (text) => (isBelow(text, 0x100) ? Buffer.from(text, 'latin1') : undefined),
  trailing: 'never',
};

const utf8: Charset = {
  name: 'UNICODE UTF-8',
  decode: (bytes) => bytes.toString(),
  encode: (text) => (text.isWellFormed() ? Buffer.from(text) : undefined),
  trailing: 'never',
};

const opened = new Map<string, Charset>();

/** The character set that a repetition of MSH-18 names, or undefined for one that is not known. */
export function charsetOf(name: string): Charset | undefined {
  const upper = name.trim().toUpperCase();
  const wanted = aliases[upper] ?? upper;
  const label = labels[wanted];
  if (label === undefined) return undefined;
  if (label === 'ascii') return asciiOnly;
  if (label === 'iso-8859-1') return latin1;
  if (label === 'utf-8') return utf8;
  let charset = opened.get(wanted);
  if (charset === undefined) {
    charset = openCharset(wanted, label);
    opened.set(wanted, charset);
  }
  return charset;
}

/**
 * What the bytes most likely are when MSH-18 is silent or says ASCII and some are above 0x7f: UTF-8
 * if they are well-formed UTF-8, else Windows-1252, in which every byte is something.
 */
export function guessCharset(bytes: Buffer): Charset {
  return isUtf8(bytes) ? utf8 : openCharset('windows-1252', 'windows-1252');
}

/** Whether bytes follow the set; only UTF-8 can be told. */
export function follows(charset: Charset, bytes: Buffer): boolean {
  return charset !== utf8 || isUtf8(bytes);
}

const multiByte: Readonly<Record<string, Charset['trailing']>> = {
  shift_jis: 'after-lead',
  gb18030: 'after-lead',
  big5: 'after-lead',
  'iso-2022-jp': 'after-shift',
};

function openCharset(name: string, label: string): Charset {
  const decoder = new TextDecoder(label);
  let table: ReadonlyMap<string, number> | undefined;
  const trailing = multiByte[label] ?? 'never';
  return {
    name,
    trailing,
    decode: (bytes) => decoder.decode(bytes),
    encode(text) {
      if (isBelow(text, 0x80)) return Buffer.from(text, 'latin1');
      if (trailing !== 'never' || label === 'euc-kr') return undefined;
      table ??= byteTable(decoder);
      const bytes = Array.from(text, (character) => table?.get(character) ?? -1);
      return bytes.includes(-1) ? undefined : Buffer.from(bytes);
    },
  };
}

/** Bytes of a single-byte set by character. */
function byteTable(decoder: InstanceType<typeof TextDecoder>): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const character = decoder.decode(Uint8Array.of(byte));
    if (character !== '\ufffd') table.set(character, byte);
  }
  return table;
}

const escape = String.fromCharCode(0x1b);
const shiftSequence = /^.\$(?:[@B]|\(D)/;

/**
 * Lift bytes that are part of a character above 0xff, so that no delimiter is found in them; the
 * low eight bits stay the byte. `text` has one character per byte.
 */
export function shieldTrailing(text: string, trailing: Charset['trailing']): string {
  return trailing === 'after-lead' ? shieldAfterLead(text) : shieldShifted(text);
}

function shieldAfterLead(text: string): string {
  return text.replace(/[\x81-\xfe][\x40-\x7e]/g, (pair) => {
    const trail = pair.charCodeAt(1);
    return pair.charAt(0) + String.fromCharCode(0x100 + trail);
  });
}

/** ISO 2022: `ESC $ B`, `ESC $ @` and `ESC $ ( D` shift to two bytes a character, `ESC (` back. */
function shieldShifted(text: string): string {
  let at = text.indexOf(escape);
  if (at < 0) return text;
  let shielded = text.slice(0, at);
  while (at >= 0) {
    const shift = shiftSequence.exec(text.slice(at, at + 4))?.[0];
    const next = text.indexOf(escape, at + 1);
    const run = text.slice(at, next < 0 ? text.length : next);
    shielded += shift === undefined ? run : shift + lift(run.slice(shift.length));
    at = next;
  }
  return shielded;
}

/** A line end closes a shift that was left open: no field runs over it. */
function lift(run: string): string {
  const stop = /[\r\n]/.exec(run)?.index ?? run.length;
  const lifted = Array.from(run.slice(0, stop), (character) =>
    String.fromCharCode(0x100 + character.charCodeAt(0)),
  );
  return lifted.join('') + run.slice(stop);
}
