import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../src/store/testing.ts';
import { compareType } from './synthea/compare.ts';
import { migrateTables } from './synthea/migrate.ts';
import { readBundles, readExport } from './synthea/read.ts';
import { typeRules, unknowableOfAll } from './synthea/rules.ts';
import { Tally, type Miss, type TypeFigures, type UnknowableElement } from './synthea/tally.ts';

/** How what was migrated from Synthea's tables compares with Synthea's own FHIR bundles. */
export interface SyntheaMeasure {
  /** Resources of ten types in the bundles that the tables can know. */
  expected: number;
  present: number;
  presentRate: number;
  /** Migrated, of a patient who has a bundle, and not in it. */
  extra: number;
  /** Elements compared, and those that mean the same on both sides. */
  fields: number;
  agreed: number;
  agreement: number;
  /** Of allergies, medications, problems, immunisations and results: what clinicians act on. */
  clinicalDisagreements: number;
  byResource: Record<string, TypeFigures>;
  /** What the bundles say and no table has, counted by element and not part of the figures. */
  unknowable: UnknowableElement[];
  misses: Miss[];
}

/**
 * @param data folder with Synthea's tables in `csv/` and the same patients' bundles in `fhir/`.
 * @param environment databases to use instead of a server of the run's own.
 */
export async function measureSynthea(
  data: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SyntheaMeasure> {
  const project = await temporaryFolder();
  try {
    const theirs = await readBundles(join(data, 'fhir'));
    const exported = await migrateTables({ project, tables: join(data, 'csv'), environment });
    const tally = new Tally();
    const charts = { theirs, ours: await readExport(exported) };
    for (const rules of typeRules) compareType(charts, rules, unknowableOfAll, tally);
    return measureOf(tally);
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

function measureOf(tally: Tally): SyntheaMeasure {
  const { expected, present, extra, fields, agreed, clinicalDisagreements } = tally.figures();
  return {
    expected,
    present,
    presentRate: share(present, expected),
    extra,
    fields,
    agreed,
    agreement: share(agreed, fields),
    clinicalDisagreements,
    byResource: tally.byResource(),
    unknowable: tally.unknowables(),
    misses: tally.misses,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
