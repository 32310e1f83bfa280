import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { AuditEvent, KeptEvent } from '../../audit/auditEvent.ts';
import { eventsAbout } from '../../audit/keptEvents.ts';
import { purgedRuns } from '../../ledger/erasures.ts';
import { sameChart } from '../../ledger/linkageRounds.ts';
import { listRuns } from '../../ledger/runs.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { heldOfSubject, type HeldOfSubject } from '../../run/subjects/access.ts';
import { idToken } from '../../run/idToken.ts';
import { readRevision } from '../../run/revision.ts';
import type { Target, TargetId } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import { encodeBase32 } from '../../base/base32.ts';
import { auditLogOf, bindPlan, connectorServices, parcelsOf } from '../composition.ts';
import { counted, several, type Output } from '../output.ts';
import { patientIds } from '../patients.ts';
import type { Project } from '../project.ts';
import { writeNew } from './certificate.ts';
import { readStandardInput, withControl } from './look.ts';

/**
 * Stable ids of everybody whom a number may mean in any run, and of the records that lead to their charts.
 * @throws HandoverError `patient-in-arguments`, `patient-unknown` (exit 2)
 */
export async function patientsOf(
  project: Project,
  database: Database,
  option: string,
  number: string,
): Promise<string[]> {
  if (option !== '-') {
    throw new HandoverError(
      'patient-in-arguments',
      "A patient's number never stands in arguments.",
      {
        exitCode: exitCodes.usage,
        next: 'Write `--patient -`, and the number as the first line of standard input.',
      },
    );
  }
  const ids = new Set<string>();
  for (const run of await listRuns(database)) {
    for (const id of await patientIds(project, database, run, number.trim())) ids.add(id);
  }
  const tokens = await sameChart(database, [...ids].map(idToken));
  for (const token of tokens) ids.add(encodeBase32(token));
  if (ids.size > 0) return [...ids].toSorted();
  throw new HandoverError('patient-unknown', 'No patient of this project has that number.', {
    exitCode: exitCodes.usage,
    next: 'Give the number of a patient record in the source, or one that the target knows.',
  });
}

/** What Handover and its targets hold of one person. */
interface SubjectFile {
  format: 'handover-subject/1';
  patients: string[];
  runs: HeldOfSubject[];
  targets: { target: string; resources: string[] }[];
  /** Who looked at, changed or moved anything of the person, and when. */
  looks: KeptEvent[];
}

/**
 * `handover subject show --patient -`: everything that is held of one person, in one new file. It is an
 * export of their chart, and on record before the file is written.
 */
export async function subjectShowCommand(
  project: Project,
  output: Output,
  { patient, out }: { patient: string; out: string },
): Promise<ExitCode> {
  const number = await readStandardInput();
  return withControl(project, async (database) => {
    const patients = await patientsOf(project, database, patient, number);
    await auditLogOf(project, database).record(patients.map(exportOf));
    const services = { queries: database, parcels: parcelsOf(project, database) };
    const subjects = patients.map(idToken);
    const purged = await purgedRuns(database);
    const runs: HeldOfSubject[] = [];
    const resources = new Set<string>(patients.map((id) => `Patient/${id}`));
    for (const { id } of await listRuns(database)) {
      if (purged.has(id)) continue;
      const { resources: own, ...held } = await heldOfSubject(services, id, subjects);
      for (const name of own) resources.add(name);
      runs.push(held);
    }
    const targets = await heldAtTargets(project, database, [...resources]);
    const looks = await eventsAbout(database, patients, subjects);
    const file: SubjectFile = { format: 'handover-subject/1', patients, runs, targets, looks };
    const place = resolve(out);
    await writeNew(place, `${JSON.stringify(file, null, 2)}\n`);
    const sum = (of: (one: HeldOfSubject) => number): number =>
      runs.reduce((total, one) => total + of(one), 0);
    const counts = {
      records: sum(({ records }) => records.length),
      drafts: sum(({ drafts }) => drafts.length),
      before: sum(({ before }) => before.length),
      resources: targets.reduce((total, one) => total + one.resources.length, 0),
      looks: looks.length,
    };
    output.data(
      { format: 'handover-subject-counts/1', patients, out: place, runs: runs.length, ...counts },
      () => [
        `${place}: ${several(patients.length, 'chart')}, ${several(counts.records, 'source item')}, ` +
          `${several(counts.drafts, 'draft')}, ${several(counts.before, 'before-image')}, ` +
          `${several(counts.resources, 'resource')} at targets, ${counted(counts.looks)} looks`,
      ],
    );
    return exitCodes.ok;
  });
}

function exportOf(patient: string): AuditEvent {
  return {
    instant: systemClock.now(),
    actor: 'operator',
    action: 'export',
    resourceType: 'Patient',
    resourceIds: [patient],
    patient,
    outcome: 'disclosed',
  };
}

const fetchedAtOnce = 500;

/** What the targets of the newest run's plan hold under these names, `Type/id`. */
async function heldAtTargets(
  project: Project,
  database: Database,
  names: readonly string[],
): Promise<SubjectFile['targets']> {
  const [run] = await listRuns(database);
  if (run === undefined) return [];
  const text = await readRevision(database, project.key, run.revision);
  const plan = bindPlan(project, text, 'targets');
  const endpoints = openEndpoints(plan, connectorServices(project, database));
  try {
    const found: SubjectFile['targets'] = [];
    for (const [target, open] of await endpoints.targets()) {
      found.push({ target, resources: await bodiesOf(open, names.map(toId)) });
    }
    return found;
  } finally {
    await endpoints.close();
  }
}

function toId(name: string): TargetId {
  const [type = '', id = ''] = name.split('/');
  return { type, id };
}

async function bodiesOf(target: Target, ids: readonly TargetId[]): Promise<string[]> {
  const { signal } = new AbortController();
  const bodies: string[] = [];
  for (let from = 0; from < ids.length; from += fetchedAtOnce) {
    for (const stored of await target.fetch(
      ids.slice(from, from + fetchedAtOnce),
      'body',
      signal,
    )) {
      if (stored.state === 'present' && stored.body !== undefined) {
        bodies.push(stored.body.toString('utf8'));
      }
    }
  }
  return bodies;
}
