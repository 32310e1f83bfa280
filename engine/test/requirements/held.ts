import assert from 'node:assert/strict';
import type { RunReport } from '../../src/contract/report.ts';
import { listExceptions, type Exception } from '../../src/ledger/exceptions.ts';
import type { TestProject } from './project.ts';
import type { Workbench } from './workbench.ts';

export const allergies = 'mappings/clinic/allergies.yaml';
export const clinicalCodes = 'codes/allergy-clinical-status.csv';
export const knownAllergen = '\nMOLD,84489001,Mold,';
export const newAllergen =
  '\nZZTOP,227493005,Cashew nuts,http://snomed.info/sct,equivalent,approved,Allergy reviewer,';

/** The code map and the facts learn a substance: both, for neither knows of the other. */
export async function learnAllergen(project: TestProject): Promise<void> {
  await project.edit('codes/allergen.csv', knownAllergen, `${newAllergen}${knownAllergen}`);
  const fact = '        NKA: http://snomed.info/sct|716186003\n';
  await project.edit(allergies, fact, `        ZZTOP: http://snomed.info/sct|227493005\n${fact}`);
}

/** Three rows with a substance that no code map knows. */
export const unknownAllergens = [
  `update allergies set alg_cd = 'ZZTOP', alg_type_cd = 'FA', status_cd = 'A' where alg_id in (
     select alg_id from allergies where deleted = 'N' and alg_type_cd = 'FA' order by 1 limit 3)`,
];

/** What must hold after every run and replay, whatever was held. */
export async function assertTies(bench: Workbench, run: string): Promise<RunReport> {
  const report = await bench.report(run);
  assert.deepEqual(bench.errors, []);
  for (const one of [...report.streams, ...report.targets]) {
    assert.ok(one.balanced, `${one.stream} does not tie`);
    assert.equal(one.waiting, 0, `${one.stream} waits`);
  }
  const held = report.streams.reduce((sum, { quarantined }) => sum + quarantined, 0);
  const heldDrafts = report.targets.reduce((sum, { quarantined }) => sum + quarantined, 0);
  const listed = await standing(bench, run);
  assert.equal(listed.filter(({ key }) => key.phase === 'map').length, held);
  assert.equal(listed.filter(({ key }) => key.phase !== 'map').length, heldDrafts);
  return report;
}

export function standing(bench: Workbench, run: string): Promise<Exception[]> {
  return listExceptions(bench.database, run, { kind: 'quarantined', standing: true });
}

/** `read/mapped/held/excluded` of a stream. */
export function recordsOf({ streams }: RunReport, name: string): string {
  const one = streams.find(({ stream }) => stream === `clinic.${name}`);
  return `${one?.read}/${one?.mapped}/${one?.quarantined}/${one?.excluded}`;
}

export function draftsOf({ targets }: RunReport, name: string): Record<string, number> {
  const one = targets.find(({ stream }) => stream === `clinic.${name}`);
  assert.ok(one);
  const { drafted, loaded, quarantined, superseded } = one;
  return { drafted, loaded, quarantined, superseded };
}

export async function present(project: TestProject): Promise<number> {
  const chart = await project.openChart();
  let count = 0;
  for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
    count += resources.length;
  }
  await chart.close();
  return count;
}

export const rightStatus = 'E,,,,unmatched';

/** Give allergies entered in error a clinical status, which R4 forbids: they are held at `check`. */
export async function mistakenStatus(project: TestProject): Promise<string> {
  const system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
  const wrong = `E,inactive,Inactive,${system},equivalent`;
  await project.edit(clinicalCodes, rightStatus, wrong);
  return wrong;
}
