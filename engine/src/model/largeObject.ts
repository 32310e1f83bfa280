import type { RecordPlace } from './related.ts';

/** What stands in a record for bytes that lie beside it: it says which they are, and not where. */
export interface LargeObject {
  /** SHA-256, hex. */
  sha256: string;
  bytes: number;
}

/** `object:<sha256>:<bytes>`, which can be no base64 and no hex. */
export function objectText({ sha256, bytes }: LargeObject): string {
  return `object:${sha256}:${bytes}`;
}

/** Undo {@link objectText}; undefined for any other text. */
export function objectOf(text: string): LargeObject | undefined {
  if (!text.startsWith('object:')) return undefined;
  const match = /^object:([0-9a-f]{64}):(0|[1-9]\d{0,14})$/.exec(text);
  return match === null ? undefined : { sha256: match[1] as string, bytes: Number(match[2]) };
}

/** The record whose large object it is: where it was staged first, in which stream. */
export interface ObjectPlace extends RecordPlace {
  stream: string;
}

/** Bytes that a draft leaves out: they are filled in where `text` stands. */
export interface DraftObject {
  text: string;
  place: ObjectPlace;
}

/** Takes the large objects of the records of a batch, in the order of the records. */
export interface ObjectSink {
  /**
   * Seal the bytes of the record with this ordinal in the batch at hand. The frames are not written
   * to afterwards. When `frames` throws, what came before is given up and the error passed on.
   */
  keep(ordinal: number, frames: AsyncIterable<Buffer>): Promise<void>;
}
