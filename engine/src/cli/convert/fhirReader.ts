import {
  isJsonObject,
  JsonSyntaxError,
  parseJson,
  type Json,
  type JsonObject,
} from '../../base/json.ts';
import { readUntypedXml } from '../../formats/fhirVersions/untypedXml.ts';
import { fromR4, toR4 } from '../../formats/fhirVersions/convert.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from './reader.ts';

/** A resource, or a line of NDJSON, is no longer than this. */
const mostBytes = 256 * 1024 * 1024;

/** FHIR of any version in NDJSON, JSON or XML, to R4 and from there to the version that is asked for. */
export const fhirReader: ConvertReader = {
  summary: 'FHIR of another version, in NDJSON, JSON or XML',
  files: /\.(ndjson|jsonl|json|xml)$/i,
  resources: true,
  async *read(chunks, settings) {
    const gathered = new Pieces();
    for await (const chunk of chunks) {
      let from = 0;
      for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
        gathered.add(chunk.subarray(from, end + 1));
        from = end + 1;
        const first = gathered.kind === 'unknown';
        if (gathered.kind === 'lines' || (first && gathered.isWholeJson())) {
          gathered.kind = 'lines';
          yield* documents(gathered.take(), settings);
        } else if (first && !gathered.isBlank) gathered.kind = 'whole';
      }
      gathered.add(chunk.subarray(from));
    }
    yield* documents(gathered.take(), settings);
  },
};

const lineFeed = 0x0a;

interface Taken {
  offset: number;
  /** Absent: too long. */
  bytes?: Buffer;
}

/** What was read and is not yet a resource; by its first line it is told how the file is made. */
class Pieces {
  kind: 'unknown' | 'lines' | 'whole' = 'unknown';
  #parts: Buffer[] = [];
  #length = 0;
  #offset = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= mostBytes) this.#parts.push(part);
    else this.#parts = [];
  }

  get isBlank(): boolean {
    return this.#parts.every((part) => part.toString('latin1').trim() === '');
  }

  isWholeJson(): boolean {
    const text = Buffer.concat(this.#parts).toString('utf8').trim();
    if (!text.endsWith('}')) return false;
    try {
      parseJson(text.replace(/^\ufeff/, ''));
      return true;
    } catch {
      return false;
    }
  }

  take(): Taken {
    const offset = this.#offset;
    this.#offset += this.#length;
    const taken =
      this.#length > mostBytes ? { offset } : { offset, bytes: Buffer.concat(this.#parts) };
    this.#parts = [];
    this.#length = 0;
    return taken;
  }
}

function* documents(
  { offset, bytes }: Taken,
  settings: ReaderSettings,
): Generator<ConvertedDocument> {
  const nothing = { offset, resources: [], unread: [], issues: [] };
  if (bytes === undefined) {
    yield { ...nothing, refused: 'fhir-too-long' };
    return;
  }
  const start = bytes.findIndex(
    (byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf,
  );
  if (start === -1) return;
  const xml = bytes[start] === 0x3c || bytes[0] === 0xfe || bytes[0] === 0xff;
  const read = xml ? readUntypedXml(bytes) : json(bytes);
  if (read === undefined) yield { ...nothing, refused: 'fhir-no-resource' };
  else if ('code' in read) yield { ...nothing, offset: offset + read.offset, refused: read.code };
  else yield document(read.resource, offset, settings);
}

function json(
  bytes: Buffer,
): { resource: JsonObject } | { code: string; offset: number } | undefined {
  let value: Json;
  try {
    value = parseJson(
      bytes
        .toString('utf8')
        .replace(/^\ufeff/, '')
        .trim(),
    );
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { code: 'fhir-unreadable', offset: 0 };
  }
  const isResource = isJsonObject(value) && typeof value['resourceType'] === 'string';
  return isResource ? { resource: value as JsonObject } : undefined;
}

function document(
  resource: JsonObject,
  offset: number,
  { fhirVersion = 'R4', toFhirVersion = 'R4' }: ReaderSettings,
): ConvertedDocument {
  const { resource: middle, losses: first } = toR4(resource, fhirVersion);
  const isDone = middle === undefined || toFhirVersion === 'R4';
  const { resource: converted, losses: then } = isDone
    ? { resource: middle, losses: [] }
    : fromR4(middle, toFhirVersion);
  const losses = [...first, ...then];
  const unread = losses.filter(({ code }) => code === 'no-place').map(({ path }) => path);
  const issues = losses.filter(({ code }) => code !== 'no-place');
  const told = { offset, resources: converted === undefined ? [] : [converted], unread, issues };
  return converted === undefined ? { ...told, refused: 'fhir-resource-unknown' } : told;
}
