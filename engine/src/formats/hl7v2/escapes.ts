import type { Charset } from './charset.ts';
import type { Delimiters } from './delimiters.ts';

/** Lines or blanks that one formatting command may ask for; more than that is an attack. */
const mostBlanks = 99;

/**
 * Undo the escapes of a value (chapter 2.7). `raw` has one character per byte. `\H\` and `\N\` only
 * colour the text and leave no trace in it; what is not understood stays as it is written, so that
 * nothing is lost.
 */
export function decodeValue(raw: string, marks: Delimiters, charset: Charset): string {
  const { escape } = marks;
  const start = escape === '' ? -1 : raw.indexOf(escape);
  if (start < 0) return plain(raw, charset);
  // Pieces of text stay bytes until the end: `\X..\` may give the half of a character.
  const out: Pieces = { parts: [], text: '' };
  let at = 0;
  let open = start;
  while (open >= 0) {
    const close = raw.indexOf(escape, open + 1);
    if (close < 0) break;
    out.text += raw.slice(at, open);
    expand(raw.slice(open + 1, close), out, { raw: raw.slice(open, close + 1), marks, charset });
    at = close + 1;
    open = raw.indexOf(escape, at);
  }
  out.text += raw.slice(at);
  flush(out, charset);
  return out.parts.join('');
}

interface Pieces {
  parts: string[];
  /** Bytes not yet decoded, one character each. */
  text: string;
}

interface Place {
  raw: string;
  marks: Delimiters;
  charset: Charset;
}

function flush(out: Pieces, charset: Charset): void {
  if (out.text !== '') out.parts.push(plain(out.text, charset));
  out.text = '';
}

/** Whether a value is what its bytes are in ASCII: no character above it, no shift. */
function isPlain(raw: string): boolean {
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code > 0x7f || code === 0x1b) return false;
  }
  return true;
}

function plain(raw: string, charset: Charset): string {
  return isPlain(raw) ? raw : charset.decode(Buffer.from(raw, 'latin1'));
}

function expand(name: string, out: Pieces, place: Place): void {
  const mark = standsFor(name, place.marks);
  if (mark !== undefined) out.text += mark;
  else if (name === 'H' || name === 'N') return;
  else if (/^X(?:[0-9A-Fa-f]{2})+$/.test(name)) {
    out.text += Buffer.from(name.slice(1), 'hex').toString('latin1');
  } else if (/^C[0-9A-Fa-f]{4}$|^M[0-9A-Fa-f]{4,6}$/.test(name)) {
    out.text += designation(name);
  } else if (name.startsWith('.')) out.text += layout(name) ?? place.raw;
  else out.text += place.raw;
}

function standsFor(name: string, marks: Delimiters): string | undefined {
  switch (name) {
    case 'F':
      return marks.field;
    case 'S':
      return marks.component;
    case 'T':
      return marks.subcomponent;
    case 'R':
      return marks.repetition;
    case 'E':
      return marks.escape;
    case 'P':
      return marks.truncation === '' ? undefined : marks.truncation;
    default:
      return undefined;
  }
}

/** `\C2842\` stands for the ISO 2022 sequence `ESC ( B`, `\M2442\` for `ESC $ B`. */
function designation(name: string): string {
  const bytes = Buffer.from(Buffer.from(name.slice(1), 'hex').filter((byte) => byte !== 0));
  return `${String.fromCharCode(0x1b)}${bytes.toString('latin1')}`;
}

/** Formatting commands of an FT value (chapter 2.7.6), as plain text has them. */
function layout(name: string): string | undefined {
  const [, command = '', count] = /^\.(br|sp|fi|nf|in|ti|sk|ce)\s*([+-]?\d*)$/.exec(name) ?? [];
  const times = Math.min(Math.max(1, Math.abs(Number(count ?? 1)) || 1), mostBlanks);
  switch (command) {
    case 'br':
    case 'ce':
      return '\n';
    case 'sp':
      return '\n'.repeat(times);
    case 'sk':
      return ' '.repeat(times);
    case 'fi':
    case 'nf':
    case 'in':
    case 'ti':
      return '';
    default:
      return undefined;
  }
}

/**
 * Write text as a value: what would part or end it is escaped. One character per byte comes out;
 * undefined when the character set lacks a character.
 */
export function encodeValue(text: string, marks: Delimiters, charset: Charset): string | undefined {
  const bytes = charset.encode(text)?.toString('latin1');
  if (bytes === undefined) return undefined;
  let out = '';
  for (const character of bytes) out += escaped(character, marks);
  return out;
}

function escaped(character: string, marks: Delimiters): string {
  const { escape } = marks;
  if (escape === '') return character;
  switch (character) {
    case marks.field:
      return `${escape}F${escape}`;
    case marks.component:
      return `${escape}S${escape}`;
    case marks.repetition:
      return `${escape}R${escape}`;
    case escape:
      return `${escape}E${escape}`;
    case marks.subcomponent:
      return `${escape}T${escape}`;
    case marks.truncation:
      return `${escape}P${escape}`;
    case '\r':
    case '\n':
      return `${escape}X${character === '\r' ? '0D' : '0A'}${escape}`;
    default:
      return character;
  }
}
