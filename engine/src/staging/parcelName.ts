import { sha256Hex } from '../base/digest.ts';

/** The batch and the attempt that a parcel is for. */
export interface ParcelPlace {
  run: string;
  phase: string;
  stream: string;
  slice: string;
  batch: number;
  /** One try; two tries at one batch never share a name. */
  attempt: string | number;
}

/**
 * `run/phase/stream/slice-batch-attempt`. Nothing in it comes from a record; a stream's name keeps
 * its letters, and whatever a blob's name may not hold becomes `~` and the hex of its UTF-8 bytes,
 * so that different places have different names.
 */
export function parcelName(place: ParcelPlace): string {
  const batch = String(place.batch).padStart(6, '0');
  const file = [place.slice, batch, String(place.attempt)].map(escapeDash).join('-');
  return [place.run, place.phase, place.stream].map(escapeWord).concat(file).join('/');
}

/** What the names of all parcels of a run start with. */
export function parcelsOfRun(run: string): string {
  return `${escapeWord(run)}/`;
}

function escapeWord(word: string): string {
  return shortened(escaped(word), 120);
}

/** In the last word the dash is the separator. */
function escapeDash(part: string): string {
  return shortened(escaped(part).replaceAll('-', '~2d'), 56);
}

function escaped(text: string): string {
  return text.replace(/^\.|[^a-z0-9._-]/gu, hex);
}

const digestDigits = 32;

/**
 * A word of a blob's name has at most 128 characters: what is longer ends in its digest. It is then
 * one longer than any word that was left as it is, so that no two places meet.
 */
function shortened(word: string, longest: number): string {
  if (word.length <= longest) return word;
  const digest = sha256Hex(word).slice(0, digestDigits);
  return `${word.slice(0, longest - digestDigits)}~${digest}`;
}

function hex(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `~${byte.toString(16).padStart(2, '0')}`)
    .join('');
}
