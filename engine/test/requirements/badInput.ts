/** A clinic of one small file, to be damaged by tests of bad input. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunReport } from '../../src/contract/report.ts';
import { ownClinic } from './ownClinic.ts';
import type { TestProject } from './project.ts';

export const people = 20;

/** Ids of 20 digits, letters beyond ASCII, and a decimal whose last digit is a zero. */
export const personLines: readonly string[] = [
  'person_id,family,dose',
  ...Array.from({ length: people }, (_, at) => `${personId(at)},Núñez ${at},1.10`),
];

export function personId(at: number): string {
  return String(12_345_678_901_234_567_000n + BigInt(at));
}

const person = `
stream: clinic.person
resources:
  Patient:
    identifier: [{ value: person_id }]
    name: [{ family: family }]
  Observation:
    status: =final
    code: { text: =dose }
    subject: person_id.reference('clinic.person', 'Patient')
    valueQuantity: { value: dose }
`;

export interface SmallClinic extends TestProject {
  /** The one file. */
  file: string;
  /** What it holds, as text. */
  lines(): Promise<string[]>;
  /** Into the file, or one beside it. */
  rewrite(lines: readonly string[], file?: string): Promise<void>;
}

export async function smallClinic(lines = personLines): Promise<SmallClinic> {
  const project = await ownClinic({
    tables: { person: lines.join('\n') },
    mappings: { person },
  });
  const types = 'person: { key: [person_id], types: { dose: decimal } }';
  await project.edit('handover.yaml', 'person: { key: [person_id] }', types);
  const file = join(project.folder, 'own', 'tables', 'person.csv');
  return {
    ...project,
    file,
    lines: async () => (await readFile(file, 'utf8')).trimEnd().split('\n'),
    rewrite: (text, to = file) => writeFile(to, `${text.join('\n')}\n`),
  };
}

/** A report whose accounts all close, with nothing found that differs. */
export function closed(report: RunReport): RunReport {
  for (const one of [...report.streams, ...report.targets]) {
    assert.ok(one.balanced, `${one.stream} does not tie`);
    assert.equal(one.waiting, 0, `${one.stream} waits`);
  }
  assert.deepEqual(report.findings, []);
  return report;
}

/** Records of the one stream: read, mapped and held. */
export function counted({ streams }: RunReport): { read: number; mapped: number; held: number } {
  const [stream] = streams;
  assert.ok(stream);
  return { read: stream.read, mapped: stream.mapped, held: stream.quarantined };
}
