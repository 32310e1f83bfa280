import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deidentifyCommand } from '../src/cli/commands/deidentify.ts';
import type { Output } from '../src/cli/output.ts';
import { fhirType, fhirTypeNames } from '../src/fhirpath/model.ts';
import { silentLog } from '../src/base/log.ts';
import { Detector } from '../src/privacy/detector.ts';
import { writeSample } from '../src/sample/sample.ts';
import { canaries, canaryNote, filledResource, survivors } from './canaries.ts';

export interface DeidentifyFigures {
  /** Places in which a canary stood before. */
  canaries: number;
  /** Of them in the output, in whatever form. */
  residual: number;
  resources: number;
  rows: number;
  /** The note alone, masked by what the detector finds in it: this is told, not promised. */
  maskedNote: { canaries: number; residual: number };
  misses: { cause: string; file: string }[];
}

/**
 * Canaries of all 18 classes in every element of every resource type of R4, in notes, and in the
 * texts of the tables of the sample hospital: how many are left by each of the two kinds.
 */
export async function measureDeidentify(): Promise<DeidentifyFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'handover-canaries-'));
  try {
    const planted = await plant(join(folder, 'in'));
    const misses: DeidentifyFigures['misses'] = [];
    const counts = { resources: 0, rows: 0 };
    for (const kind of ['safe-harbor', 'pseudonymised'] as const) {
      const out = join(folder, kind);
      const statement = await deidentified(join(folder, 'in'), out, kind);
      counts.resources += statement.resources.written;
      counts.rows += statement.tables.reduce((sum, { rows }) => sum + rows, 0);
      for (const name of await readdir(out)) {
        const text = `${name}\n${await readFile(join(out, name), 'utf8')}`;
        for (const { class: of, form } of survivors(text)) {
          misses.push({ cause: `${of}, ${form}`, file: `${kind}/${name}` });
        }
      }
    }
    return {
      canaries: planted,
      residual: misses.length,
      ...counts,
      maskedNote: maskNote(),
      misses,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function plant(folder: string): Promise<number> {
  await mkdir(join(folder, 'Zyxwora Qvandelhorst'), { recursive: true });
  let text = '';
  for (const name of fhirTypeNames()) {
    const type = fhirType(name);
    if (type?.kind !== 'resource' || type.abstract) continue;
    text += `${JSON.stringify(filledResource(name))}\n`;
  }
  const note = {
    resourceType: 'DocumentReference',
    id: 'MR84413290',
    description: canaryNote,
    content: [
      { attachment: { data: Buffer.from(canaryNote).toString('base64'), title: canaryNote } },
    ],
  };
  text += `${JSON.stringify(note)}\n`;
  await writeFile(join(folder, 'Zyxwora Qvandelhorst', 'MR84413290.ndjson'), text);
  return occurrences(text) + (await plantTables(join(folder, 'tables')));
}

/** The tables of a sample hospital; each third row of each has a canary in each of its texts. */
async function plantTables(folder: string): Promise<number> {
  const out = { kind: 'folder', path: folder, form: 'csv' } as const;
  const options = { patients: 25, seed: 'canaries', out, defects: 'none', tables: 'all' } as const;
  await writeSample(options, { log: silentLog });
  await rm(join(folder, 'truth'), { recursive: true, force: true });
  let planted = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter(({ name }) => name.endsWith('.csv'))) {
    const file = join(entry.parentPath, entry.name);
    const lines = (await readFile(file, 'utf8')).split('\n');
    const width = (lines[0] ?? '').split(',').length;
    for (let row = 0; row < 60; row++) {
      const cells = Array.from({ length: width }, (_, at) => canaryCell(row + at));
      lines.splice(1 + row * 2, 0, cells.join(','));
    }
    const text = lines.join('\n');
    planted += occurrences(text);
    await writeFile(file, text);
  }
  return planted;
}

function canaryCell(turn: number): string {
  const value = turn % 23 === 22 ? canaryNote : (canaries[turn % 23] as { value: string }).value;
  return `"${value.replaceAll('"', '""')}"`;
}

function occurrences(text: string): number {
  return canaries.reduce((sum, { value }) => sum + text.split(value).length - 1, 0);
}

interface Statement {
  resources: { written: number };
  tables: { rows: number }[];
}

async function deidentified(
  input: string,
  out: string,
  as: 'safe-harbor' | 'pseudonymised',
): Promise<Statement> {
  let told: object = {};
  const output: Output = {
    json: true,
    terminal: false,
    data: (value) => void (told = value),
    note: () => undefined,
    problems: () => undefined,
  };
  await deidentifyCommand(output, {}, input, out, { as, text: 'withheld' });
  return told as Statement;
}

function maskNote(): DeidentifyFigures['maskedNote'] {
  let masked = '';
  let last = 0;
  for (const { kind, start, end } of new Detector().find(canaryNote)) {
    masked += `${canaryNote.slice(last, start)}[${kind}]`;
    last = end;
  }
  masked += canaryNote.slice(last);
  const left = new Set(survivors(masked).map(({ class: of }) => of));
  return { canaries: canaries.length, residual: left.size };
}
