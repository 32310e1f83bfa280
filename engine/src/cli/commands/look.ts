import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { AuditEvent } from '../../audit/auditEvent.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { RunReport } from '../../contract/report.ts';
import { listRuns, type Run } from '../../ledger/runs.ts';
import {
  explainKey,
  explainPatient,
  type DraftRoad,
  type PatientRoad,
  type RecordRoad,
} from '../../run/explain.ts';
import { chooseRun } from '../../run/begin.ts';
import { buildReport } from '../../run/report/build.ts';
import { renderReport } from '../../run/report/html.ts';
import { readRevision } from '../../run/revision.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, openControl } from '../composition.ts';
import { counted, table, type Output } from '../output.ts';
import { patientIds } from '../patients.ts';
import type { Project } from '../project.ts';
import { summaryLines } from '../summary.ts';

/** Run `use` with the control database open. */
export async function withControl<T>(
  project: Project,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openControl(project);
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

export async function reportOf(project: Project, database: Database, run: Run): Promise<RunReport> {
  const text = await readRevision(database, project.key, run.revision);
  return buildReport(database, run, text);
}

/** `handover status`: the runs of the project, and how far the newest (or the named) one is. */
export async function statusCommand(
  project: Project,
  output: Output,
  id: string | undefined,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const runs = await listRuns(database);
    if (runs.length === 0) {
      output.data({ format: 'handover-status/1', runs: [] }, () => [
        'No run yet. Begin one with `handover run`.',
      ]);
      return exitCodes.ok;
    }
    const run = await chooseRun(database, id);
    const report = await reportOf(project, database, run);
    output.data({ format: 'handover-status/1', runs, report }, () => [
      ...table(
        ['run', 'state', 'began', 'resumes'],
        runs.map((one) => [one.id, one.state, one.startedAt.slice(0, 19), one.resumes]),
      ),
      '',
      ...summaryLines(report),
    ]);
    return exitCodes.ok;
  });
}

/** `handover report`: the report of a run as JSON, or as one HTML file for a meeting. */
export async function reportCommand(
  project: Project,
  output: Output,
  id: string | undefined,
  options: { out?: string },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseRun(database, id);
    const report = await reportOf(project, database, run);
    const path = resolve(options.out ?? `handover-report-${run.id}.html`);
    if (!output.json || options.out !== undefined) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, renderReport(report));
    }
    output.data(report, () => [`${report.verdict.color}: ${report.verdict.sentence}`, path]);
    return exitCodes.ok;
  });
}

/** `handover explain KEY`: the road of every record that has this source key. */
export async function explainCommand(
  project: Project,
  output: Output,
  key: string | undefined,
  options: { run?: string; patient?: string },
): Promise<ExitCode> {
  if (options.patient !== undefined) return explainPatientCommand(project, output, options);
  if (key === undefined) {
    throw new HandoverError('explain-nothing', 'Name a source key, or give --patient - .', {
      exitCode: exitCodes.usage,
      next: 'For a patient, write the number to standard input: `handover explain --patient -`.',
    });
  }
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const roads = await explainKey({ database, key: project.key }, run.id, key);
    output.data({ format: 'handover-explain/1', run: run.id, roads }, () =>
      roads.flatMap(roadLines),
    );
    if (roads.length === 0) output.note('No source item of this run has that key.');
    return exitCodes.ok;
  });
}

async function explainPatientCommand(
  project: Project,
  output: Output,
  options: { run?: string; patient?: string },
): Promise<ExitCode> {
  if (options.patient !== '-') throw numberInArguments();
  const number = (await readStandardInput()).trim();
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const patients: PatientRoad[] = [];
    const found = await patientIds(project, database, run, number);
    await auditLogOf(project, database).record(found.map(lookAt));
    for (const id of found) {
      patients.push(await explainPatient({ database, key: project.key }, run.id, id));
    }
    output.data({ format: 'handover-explain/1', run: run.id, patients }, () =>
      patients.flatMap(({ patient, drafts, notMoved }) => [
        `patient ${patient}: ${counted(drafts.length)} items, ${counted(notMoved.length)} did not move`,
        ...drafts.flatMap(draftLines),
        ...notMoved.map(
          ({ stream, kind, code, path }) => `  not moved: ${stream} ${kind} ${code} ${path}`,
        ),
      ]),
    );
    if (patients.length === 0) output.note('No patient of this run has that number.');
    return exitCodes.ok;
  });
}

/** The look itself is on record before anything of it is shown. */
function lookAt(patient: string): AuditEvent {
  return {
    instant: systemClock.now(),
    actor: 'operator',
    action: 'search',
    resourceType: 'Patient',
    resourceIds: [patient],
    patient,
    outcome: 'disclosed',
  };
}

function roadLines(road: RecordRoad): string[] {
  const { stream, slice, batch, ordinal, outcome, code, path } = road;
  const why = code === undefined ? '' : ` (${code}${path ? ` at ${path}` : ''})`;
  return [
    `${stream}: slice ${slice}, batch ${batch}, item ${ordinal}: ${outcome}${why}`,
    ...road.drafts.flatMap(draftLines),
  ];
}

function draftLines({ type, id, deliveries, findings }: DraftRoad): string[] {
  return [
    `  ${type}/${id}`,
    ...deliveries.map(
      ({ target, state, version, code }) =>
        `    ${target}: ${state}${version === undefined ? '' : `, version ${version}`}` +
        (code === undefined ? '' : ` (${code})`),
    ),
    ...findings.map(({ target, kind, code, path }) => `    ${target}: ${kind} ${code} at ${path}`),
  ];
}

export async function readStandardInput(): Promise<string> {
  let text = '';
  for await (const part of process.stdin.setEncoding('utf8')) text += part as string;
  return text;
}

function numberInArguments(): HandoverError {
  return new HandoverError(
    'patient-in-arguments',
    "A patient's number never stands in arguments.",
    {
      exitCode: exitCodes.usage,
      next: 'Write it to standard input: `handover explain --patient -`.',
    },
  );
}
