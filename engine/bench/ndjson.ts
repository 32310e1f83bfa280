import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { peakOfCommand, type Peak } from './peak.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';

const column = (name: string, at: string, type: string): object => ({ name, path: at, type });
const view = {
  resourceType: 'ViewDefinition',
  resource: 'Observation',
  select: [
    {
      column: [
        column('id', 'id', 'id'),
        column('patient', 'subject.reference', 'string'),
        column('at', 'effective.ofType(dateTime)', 'dateTime'),
        column('value', 'value.ofType(Quantity).value', 'decimal'),
        column('words', 'note.first().text', 'string'),
      ],
    },
  ],
};

/** What is done with one file of NDJSON, by name; `out` is removed before the next. */
const commands = {
  convert: (input, out) => ['convert', '--from', 'fhir', '--to', 'fhir', input, `${out}.ndjson`],
  view: (input, out, definition) => ['view', definition, input, `${out}.parquet`],
  validate: (input) => ['validate', input],
} as const satisfies Readonly<
  Record<string, (input: string, out: string, view: string) => readonly string[]>
>;

type Name = keyof typeof commands;

/**
 * The most memory that commands take for one file of FHIR in NDJSON at two sizes: `convert`, a `view`
 * as Parquet, and `validate`. The file is made for this and removed.
 *
 * @param only this command; all of them when it is empty
 */
export async function benchNdjson(
  small: number,
  large: number,
  only: string,
): Promise<BenchResult> {
  const few = await peaksOf(small, only);
  const many = await peaksOf(large, only);
  const figures: Record<string, number> = {};
  const ratios: number[] = [];
  for (const [name, of] of many) {
    const less = few.get(name)?.peak ?? Number.NaN;
    ratios.push(of.peak / less);
    figures[`${name}: MB at most, of ${small} MB`] = megabytes(less);
    figures[`${name}: MB at most, of ${large} MB`] = megabytes(of.peak);
    for (const [at, bytes] of of.course.entries()) {
      figures[`${name}: MB in quarter ${at + 1}`] = megabytes(bytes);
    }
    figures[`${name}: s, of ${large} MB`] = rounded(of.seconds);
  }
  return benchResult({
    bench: 'ndjson',
    compared: 'peak memory of a large file of NDJSON against a small one (the worst command)',
    ratio: rounded(Math.max(...ratios)),
    goal: { most: 1.25 },
    figures,
  });
}

async function peaksOf(size: number, only: string): Promise<Map<Name, Peak>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'handover-bench-'));
  const peaks = new Map<Name, Peak>();
  try {
    const [input, definition] = [path.join(folder, 'in.ndjson'), path.join(folder, 'view.json')];
    await pipeline(Readable.from(resources(size * 1e6)), createWriteStream(input));
    await writeFile(definition, JSON.stringify(view));
    for (const name of Object.keys(commands) as Name[]) {
      if (only !== '' && name !== only) continue;
      const out = path.join(folder, 'out');
      peaks.set(name, await peakOfCommand(commands[name](input, out, definition)));
      await rm(`${out}.ndjson`, { force: true });
      await rm(`${out}.parquet`, { force: true });
    }
    return peaks;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Pieces of about a megabyte: results with notes, visits and patients, one to three kB each. */
function* resources(bytes: number): Generator<string> {
  let piece = '';
  for (let at = 0, done = 0; done < bytes; at++) {
    const line = `${JSON.stringify(resource(at))}\n`;
    piece += line;
    done += line.length;
    if (piece.length < 1 << 20) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function resource(at: number): object {
  const subject = { reference: `Patient/p${at - (at % 10)}` };
  if (at % 10 === 0) return patient(at);
  if (at % 10 === 1) {
    const start = `2024-0${1 + (at % 9)}-11T08:30:00+01:00`;
    const type = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' };
    return {
      resourceType: 'Encounter',
      id: `e${at}`,
      text: narrative(at),
      status: 'finished',
      class: type,
      subject,
      period: { start },
    };
  }
  const code = ['4548-4', '2339-0', '718-7', '2160-0'][at % 4];
  return {
    resourceType: 'Observation',
    id: `o${at}`,
    text: narrative(at),
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }], text: `Test ${code}` },
    subject,
    effectiveDateTime: `20${10 + (at % 14)}-0${1 + (at % 9)}-11T08:30:00+01:00`,
    valueQuantity: {
      value: at % 300,
      unit: 'mg/dL',
      system: 'http://unitsofmeasure.org',
      code: 'mg/dL',
    },
    note: [{ text: words(at, 120) }],
  };
}

function patient(at: number): object {
  return {
    resourceType: 'Patient',
    id: `p${at}`,
    text: narrative(at),
    identifier: [{ system: 'urn:oid:1.2.3', value: String(at) }],
    name: [{ family: `Family${at % 9973}`, given: [`Given${at % 89}`] }],
    gender: at % 2 === 0 ? 'female' : 'male',
    birthDate: `19${30 + (at % 60)}-05-01`,
  };
}

function narrative(at: number): object {
  const div = `<div xmlns="http://www.w3.org/1999/xhtml"><p>${words(at, 80)}</p></div>`;
  return { status: 'generated', div };
}

function words(at: number, count: number): string {
  const all = ['taken', 'in the morning', 'no', 'fever', 'dose', 'again', 'normal', 'slight'];
  return Array.from({ length: count }, (_, turn) => all[(at * 7 + turn * 3) % all.length]).join(
    ' ',
  );
}
