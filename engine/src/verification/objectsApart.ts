import { sha256Hex } from '../base/digest.ts';
import { canonicalJson, isJsonObject, type Json } from '../base/json.ts';
import { objectOf, objectText } from '../model/largeObject.ts';
import { ReadBack } from './readBack.ts';

/** Whether a draft leaves large objects out. */
export function leavesObjectsOut(draftBody: Buffer): boolean {
  return draftBody.includes('"object:');
}

/**
 * What a target gave back with its large objects left out, as the draft leaves them out: in place of
 * base64 stands the digest of the bytes that were read, and their number. So bytes are compared by
 * their digest, and need not be held. A target that holds such a text itself was given no bytes, and is different.
 */
export function objectsApart(draftBody: Buffer, readBack: ReadBack): ReadBack {
  const { stored, resource } = readBack;
  if (readBack.apart || stored.state !== 'present' || resource === undefined) return readBack;
  const lengths = new Set(expectedLengths(draftBody));
  const body = Buffer.from(canonicalJson(apart(resource, lengths)));
  return new ReadBack({ ...stored, body }, true);
}

/** Lengths of base64 that the objects of a draft have; data of any other length stays, and differs. */
function expectedLengths(draftBody: Buffer): number[] {
  const texts = draftBody.toString('utf8').match(/object:[0-9a-f]{64}:\d+/g) ?? [];
  return texts.map((text) => Math.ceil((objectOf(text)?.bytes ?? 0) / 3) * 4);
}

function apart(value: Json, lengths: ReadonlySet<number>): Json {
  if (typeof value === 'string') return textApart(value, lengths);
  if (Array.isArray(value)) return value.map((item) => apart(item, lengths));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, apart(member, lengths)]),
  );
}

function textApart(text: string, lengths: ReadonlySet<number>): string {
  if (objectOf(text) !== undefined) return `not filled in: ${text}`;
  if (!lengths.has(text.length)) return text;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return text;
  return objectText({ sha256: sha256Hex(bytes), bytes: bytes.length });
}
