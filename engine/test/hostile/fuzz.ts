import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { ccdaReader } from '../../src/cli/convert/ccdaReader.ts';
import { fhirReader } from '../../src/cli/convert/fhirReader.ts';
import { hl7v2Reader } from '../../src/cli/convert/hl7v2Reader.ts';
import type { ConvertReader } from '../../src/cli/convert/reader.ts';
import { x12Reader } from '../../src/cli/convert/x12Reader.ts';
import { readFhirBytes } from '../../src/formats/fhirText.ts';
import { FrameSplitter } from '../../src/formats/hl7v2/frames.ts';
import { parseMessage } from '../../src/formats/hl7v2/message.ts';
import { writeMessage } from '../../src/formats/hl7v2/writer.ts';
import {
  claimBody,
  interchange,
  professional,
  remittance,
  remittanceBody,
  transaction,
} from '../../src/formats/x12/testing.ts';
import { baseDefinitions } from '../../src/quality/validator/definitions/base.ts';
import { Validator } from '../../src/quality/validator/validator.ts';
import { usual as document } from './ccdaFiles.ts';
import { assertBounded, costOf, readHostile } from './hostileFile.ts';
import { usual as message } from './hl7v2Files.ts';

/** One format as it is attacked. */
interface Attacked {
  reader: ConvertReader;
  /** Files that are right, to begin with. */
  seeds: readonly string[];
  /** What is put in: what means something to the reader. */
  tokens: readonly string[];
  /** What else must hold of any bytes. */
  accounts?: (bytes: Buffer) => void;
}

const batch = `FHS|^~\\&|A\rBHS|^~\\&|A\r${message}${message}BTS|2\rFTS|1\r`;
const claims = interchange(professional, transaction(professional, claimBody));
const payment = interchange(remittance, transaction(remittance, remittanceBody));

const observation =
  '{"resourceType":"Observation","id":"o","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}],"text":"a"},"context":{"reference":"Encounter/1"},"effectiveDateTime":"2024-02-29T08:30:00+01:00","_issued":{"extension":[{"url":"http://x.example","valueDecimal":1.10}]},"valueQuantity":{"value":-0.0e1,"unit":"%"},"related":[{"type":"has-member","target":{"reference":"Observation/2"}}],"comment":"c"}\n';
const bundle = `{\n "resourceType": "Bundle",\n "type": "collection",\n "entry": [\n  {"fullUrl":"urn:uuid:1","resource":${observation.trim()}}\n ]\n}\n`;
const patient =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Patient xmlns="http://hl7.org/fhir"><id value="p"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a &amp; b</p></div></text><contained><Organization><id value="c"/></Organization></contained><extension url="http://x.example"><valueString value="y"/></extension><active value="true"/><name><given value="A"/><given><extension url="u:v"><valueCode value="c"/></extension></given></name><birthDate value="1950-01-01"/><animal><species><text value="dog"/></species></animal></Patient>\n';

const fhir = {
  seeds: [observation + observation, bundle, patient],
  tokens: [
    ...'{}[]",:\\<>&/=\n '.split(''),
    'null',
    '"resourceType":',
    '"extension":[{',
    '"id":"o",',
    '"_status":[null]',
    '\\ud800',
    '1e999',
    '-',
    '<!DOCTYPE',
    '<![CDATA[',
    '<id value="p"/>',
    ' value="x"',
    '\xef\xbb\xbf',
    '\xff\xfe',
    '\0',
    '\xe9',
  ],
};
const older = { fhirVersion: 'STU3', toFhirVersion: 'R5' } as const;

export const attacked: Readonly<Record<string, Attacked>> = {
  fhir: { ...fhir, reader: fhirReader, accounts: assertJudged },
  fhirVersions: {
    ...fhir,
    reader: {
      ...fhirReader,
      read: (chunks, settings) => fhirReader.read(chunks, { ...settings, ...older }),
    },
  },
  hl7v2: {
    reader: hl7v2Reader,
    seeds: [message, batch],
    tokens: [
      ...'|^~\\&\r\n\x0b\x1c\x1b"'.split(''),
      '""',
      'MSH|',
      'PID|',
      '\\X0D\\',
      '\\.sp9\\',
      '\xef\xbb\xbf',
      '\0',
    ],
    accounts: assertAllFramed,
  },
  ccda: {
    reader: ccdaReader,
    seeds: [document],
    tokens: [
      ...'<>&"\'=/: \n'.split(''),
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<!DOCTYPE',
      '&amp;',
      '&#0;',
      'xmlns:a="b"',
      '<section>',
      'nullFlavor="UNK"',
      '\0',
      'é',
    ],
  },
  x12: {
    reader: x12Reader,
    seeds: [claims, payment, claims + payment],
    tokens: [
      ...'~*:^\n0'.split(''),
      'ISA*',
      'ST*837*1~',
      'SE*1*1~',
      'HL*1**20*1~',
      'IEA*1*1~',
      '\0',
    ],
  },
};

let validator: Validator | undefined;

/** What is a resource by its text is judged, and no value of it stands in an issue. */
function assertJudged(bytes: Buffer): void {
  const read = readFhirBytes(bytes);
  if ('code' in read) return assert.ok(read.line > 0 && read.column > 0);
  validator ??= new Validator(baseDefinitions());
  for (const { code, path } of [...read.issues, ...validator.judge(read.resource)]) {
    assert.match(code, /^[\w.-]+$/);
    assert.match(path, /^[\w.?()[\] -]*$/);
  }
}

/** Every byte of a feed is in one piece, in its order, or a blank between two; messages come back whole. */
function assertAllFramed(bytes: Buffer): void {
  const splitter = new FrameSplitter();
  let at = 0;
  for (const frame of [...splitter.push(bytes), ...splitter.finish()]) {
    assert.ok(isBlank(bytes.subarray(at, frame.offset)), 'bytes between two pieces');
    assert.ok(bytes.subarray(frame.offset, frame.offset + frame.bytes.length).equals(frame.bytes));
    at = frame.offset + frame.bytes.length;
    const parsed = frame.kind === 'message' ? parseMessage(frame.bytes) : undefined;
    if (parsed !== undefined) assert.ok(writeMessage(parsed).equals(frame.bytes));
  }
  assert.ok(isBlank(bytes.subarray(at)), 'bytes at the end');
}

function isBlank(bytes: Buffer): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^(\xef\xbb\xbf|[\r\n\x0b\x1c ])*$/.test(bytes.toString('latin1'));
}

interface Change {
  at: number;
  remove: number;
  insert: string;
  /** Characters from there on are said again here. */
  again: number;
}

function changed(text: string, { at, remove, insert, again }: Change): string {
  const from = at % (text.length + 1);
  const piece = again === 0 ? '' : text.slice(from, from + again);
  return text.slice(0, from) + insert + piece + text.slice(from + remove);
}

/** Of processor time, for files of a few thousand bytes. */
const longestMs = 2000;

/** Of a message that holds all that was read, twice. */
const mostSaid = 500;

export interface FuzzOptions {
  seed: number;
  /** One of these ends it. */
  runs?: number;
  timeMs?: number;
}

export interface Fuzzed {
  runs: number;
  /** What failed, smallest first, with the way to see it again; absent when nothing did. */
  failure: string | undefined;
}

/**
 * Files that are nearly right, and files that are nothing, in chunks of any size: nothing is thrown,
 * nothing hangs, every refusal has its reason and place, and the chunks make no difference.
 */
export async function fuzz(format: string, options: FuzzOptions): Promise<Fuzzed> {
  const { reader, seeds, tokens, accounts } = attacked[format] as Attacked;
  const change = fc.record({
    at: fc.nat(),
    remove: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
    insert: fc.oneof(fc.constant(''), fc.constantFrom(...tokens), fc.string({ maxLength: 6 })),
    again: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 600 })),
  });
  const nearly = fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([text, changes]) => Buffer.from(changes.reduce(changed, text), 'latin1'));
  const pieces = fc
    .array(fc.oneof(fc.constantFrom(...tokens), fc.string({ maxLength: 8 })), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.join(''), 'latin1'));
  const random = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
  const files = fc.oneof(
    { weight: 6, arbitrary: nearly },
    { weight: 2, arbitrary: pieces },
    random,
  );
  const size = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 65, max: 5000 }));
  const details = await fc.check(
    fc.asyncProperty(files, size, async (bytes, chunk) => {
      const spent = await costOf(async () => {
        const whole = await readHostile(reader, bytes);
        assertBounded(whole, bytes);
        const parted = await readHostile(reader, bytes, chunk);
        assert.equal(JSON.stringify(parted), JSON.stringify(whole));
        accounts?.(bytes);
      });
      assert.ok(spent < longestMs, `${spent} ms`);
    }),
    {
      seed: options.seed,
      numRuns: options.runs ?? Number.MAX_SAFE_INTEGER,
      ...(options.timeMs !== undefined && {
        interruptAfterTimeLimit: options.timeMs,
        markInterruptAsFailure: false,
      }),
    },
  );
  if (!details.failed) return { runs: details.numRuns, failure: undefined };
  const { seed, counterexamplePath, errorInstance } = details;
  const said = errorInstance instanceof Error ? errorInstance.message : 'it failed';
  const why = said.slice(0, mostSaid);
  const file = details.counterexample?.[0].toString('base64') ?? '';
  const failure = `${format}: seed ${seed}, path ${counterexamplePath ?? ''}: ${why}\n${file}`;
  return { runs: details.numRuns, failure };
}
