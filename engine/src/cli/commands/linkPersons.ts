import { hasAccounts } from '../../access/accounts.ts';
import type { AuditAction, AuditEvent } from '../../audit/auditEvent.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { lastRound, type LinkageCounts } from '../../ledger/linkageRounds.ts';
import type { NewDecision } from '../../ledger/persons.ts';
import type { Run } from '../../ledger/runs.ts';
import { itemTypes, linkedTypes } from '../../model/person.ts';
import { streamsOf } from '../../ledger/streams.ts';
import { chooseRun, reopenRun } from '../../run/begin.ts';
import { decidePair, oneWithItself, requireRecords } from '../../run/linkage/decidePair.ts';
import {
  explainPerson,
  explainStanding,
  identitiesOf,
  reasonOf,
  type ExplainServices,
} from '../../run/linkage/explainPerson.ts';
import type { PersonRow } from '../../run/linkage/people/person.ts';
import { beginRelink } from '../../run/linkage/relink.ts';
import { openQuestions, type OpenQuestion } from '../../run/linkage/worklist.ts';
import type { LinkagePlan } from '../../run/plan/linkage.ts';
import type { ProjectText } from '../../run/plan/read.ts';
import { compileStreams } from '../../run/plan/streams.ts';
import { remapCounts } from '../../run/remap.ts';
import { readRevision } from '../../run/revision.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, bindPlan, openWorkshop, parcelsOf } from '../composition.ts';
import { several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { actingAccount, secretLines } from './account.ts';
import { waterfallLines } from './link.ts';
import { withControl } from './look.ts';
import { remapLines } from './map.ts';
import { currentRevision, drive, workshopOptions } from './run.ts';
import type { WorkOptions } from '../options.ts';

/** Questions that are shown to people; a program is given all of them. */
const shownQuestions = 50;

/** `handover link review` without files: what is still to be decided in the project. */
export async function linkWorklistCommand(
  project: Project,
  output: Output,
  { reveal = false }: { reveal?: boolean },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const { run, round, counts, questions, contradictions } = await openQuestions(database);
    const shown = output.json ? questions : questions.slice(0, shownQuestions);
    const kinds = new Map(
      shown.flatMap(({ left, right, kind }) => [left, right].map((id) => [id, kind] as const)),
    );
    const people = reveal && run ? await revealed(project, database, run, kinds) : undefined;
    const contradicted = contradictions.map(({ left, right, same }) => ({ left, right, same }));
    const data = {
      format: 'handover-link-worklist/1',
      ...(run !== undefined && { run, round, counts }),
      questions: shown.map((one) => ({ ...one, ...peopleIn(one, people) })),
      contradictions: contradicted,
    };
    output.data(data, () => [
      run === undefined
        ? 'No run has linked yet: give the plan `linkage: {}`, then `handover run`.'
        : `${several(questions.length, 'open question')}, what an answer settles most first`,
      ...countLines(counts ?? {}),
      ...(questions.length > 0 ? ['', ...worklistLines(shown)] : []),
      ...(people ? ['', ...shown.flatMap((one) => personLines(one, people))] : []),
      ...(questions.length > shown.length ? ['… all of them with --json'] : []),
      ...contradicted.map(
        ({ left, right, same }) =>
          `overruled by later decisions: ${left} and ${right} are ${same ? 'one' : 'two'}`,
      ),
    ]);
    return exitCodes.ok;
  });
}

/** What the round brought together. */
function countLines(counts: LinkageCounts): string[] {
  return [...linkedTypes, ...itemTypes].flatMap((type) => {
    const records = type === 'Patient' ? counts['records'] : counts[type];
    const one = type === 'Patient' ? counts['persons'] : counts[`${type} as one`];
    return records === undefined || records === one ? [] : [`${type}: ${records} are ${one}`];
  });
}

function worklistLines(questions: readonly OpenQuestion[]): string[] {
  return table(
    ['kind', 'record', 'record', 'of', 'settles', 'weight', 'why it is a question'],
    questions.map(({ kind, left, right, streams, settles, weight, alarms }) => [
      kind,
      left,
      left === right ? '(itself)' : right,
      [...new Set(streams)].join(', '),
      settles,
      weight.toFixed(1),
      alarms.join(', '),
    ]),
  );
}

function peopleIn(
  { left, right }: OpenQuestion,
  people: ReadonlyMap<string, PersonRow> | undefined,
): { people?: readonly (PersonRow | undefined)[] } {
  return people ? { people: [people.get(left), people.get(right)] } : {};
}

function personLines(
  { left, right }: OpenQuestion,
  people: ReadonlyMap<string, PersonRow>,
): string[] {
  return [
    ...[...new Set([left, right])].map((id) => `${id}  ${personLine(people.get(id) ?? {})}`),
    '',
  ];
}

function personLine(row: PersonRow): string {
  const { family_name: family, given_name: given, middle_name: middle, ...rest } = row;
  const name = [[family, given].filter(Boolean).join(', '), middle].filter(Boolean).join(' ');
  const { birth_date: born, sex, street, city, postcode, phone, chart_number: number } = rest;
  const facts = [name, born, sex, [street, city, postcode].filter(Boolean).join(' '), phone];
  const { national_id: npi } = rest;
  return [...facts, npi && `NPI ${npi}`, number && `no. ${number}`].filter(Boolean).join(' · ');
}

/** Each look is on record before anything is shown. */
async function revealed(
  project: Project,
  database: Database,
  run: string,
  kinds: ReadonlyMap<string, string>,
): Promise<Map<string, PersonRow>> {
  const audit = auditLogOf(project, database);
  await audit.record([...kinds].map(([id, kind]) => recordEvent('operator', 'read', kind, [id])));
  const services = { database, parcels: parcelsOf(project, database) };
  return identitiesOf(services, run, new Set(kinds.keys()));
}

function recordEvent(
  actor: string,
  action: AuditAction,
  resourceType: string,
  ids: readonly string[],
): AuditEvent {
  return {
    instant: systemClock.now(),
    actor,
    action,
    resourceType,
    resourceIds: [...ids],
    patient: resourceType === 'Patient' ? ids[0] : undefined,
    outcome: action === 'decision' ? 'attempted' : 'disclosed',
  };
}

/** `handover link explain A`: why each record is in the person; `A B`: the waterfall of the two. */
export async function linkExplainPersonsCommand(
  project: Project,
  output: Output,
  ids: readonly string[],
  { reveal = false }: { reveal?: boolean },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const kinds = await requireRecords(database, ids);
    const services = { database, parcels: parcelsOf(project, database), key: project.key };
    const [left = '', right] = ids;
    if (left === right) throw oneWithItself();
    if (reveal) {
      await auditLogOf(project, database).record(
        ids.map((id, at) => recordEvent('operator', 'read', kinds[at] as string, [id])),
      );
    }
    return right === undefined
      ? showPerson(services, output, left, reveal)
      : showPair(project, services, output, [left, right], reveal);
  });
}

async function showPerson(
  services: ExplainServices,
  output: Output,
  id: string,
  reveal: boolean,
): Promise<ExitCode> {
  const { decisions, ...found } = await explainPerson(services, id);
  const decided = decisions.map(({ reason, ...decision }) => ({
    ...decision,
    ...(reveal && { reason: reasonOf(services.key, { ...decision, reason }) }),
  }));
  output.data({ format: 'handover-person/1', ...found, decisions: decided }, () => [
    `${found.kind === 'Patient' ? 'person' : found.kind} ${found.person}: ${several(found.records.length, 'record')}`,
    ...found.records.flatMap(({ record, stream, chart, ties }) => [
      `${record}  ${stream}${chart === found.person ? '' : `, still on chart ${chart}`}`,
      ...(ties.length === 0 ? ['  by itself'] : []),
      ...ties.map(({ to, because, weight }) => {
        const why = weight === undefined ? '' : `, match weight ${weight.toFixed(1)}`;
        return `  with ${to}: ${because}${why}`;
      }),
    ]),
    ...decided.map(
      ({ left, right, verdict, by, decidedAt, reason = '' }) =>
        `${decidedAt.slice(0, 16)} ${by}: ${left} and ${right} ${verdictWords[verdict]}${reason && `: ${reason}`}`,
    ),
  ]);
  return exitCodes.ok;
}

const verdictWords: Readonly<Record<NewDecision['verdict'], string>> = {
  same: 'are one',
  differ: 'are two',
  withdrawn: 'are as the machine says',
};

async function showPair(
  project: Project,
  services: ExplainServices,
  output: Output,
  pair: readonly [string, string],
  reveal: boolean,
): Promise<ExitCode> {
  const { database } = services;
  const { run, linkage } = await linkedRun(project, database, undefined);
  const found = await explainStanding(services, run.id, linkage, pair);
  if (found === undefined) throw notStanding();
  const { questions } = await openQuestions(database);
  const asked = questions.find(({ left, right }) => pair.includes(left) && pair.includes(right));
  const alarms = asked?.alarms ?? [];
  const people = reveal
    ? await identitiesOf(services, run.id, new Set(pair))
    : new Map<string, PersonRow>();
  const data = {
    format: 'handover-linkage-pair/1',
    ...found,
    alarms,
    ...(reveal && { people: pair.map((id) => people.get(id)) }),
  };
  output.data(data, () => [
    ...[...people].map(([id, row]) => `${id}  ${personLine(row)}`),
    ...waterfallLines(found),
    ...(alarms.length > 0 ? ['', `A question, whatever it weighs: ${alarms.join(', ')}`] : []),
  ]);
  return exitCodes.ok;
}

export interface DecideOptions extends WorkOptions {
  as: string;
  run?: string;
  later?: boolean;
}

/**
 * `handover link merge|unmerge|withdraw A B`: keep what a person says of two records, then lead the charts of the
 * newest run there. The reason comes on standard input; where the project has accounts, behind the
 * password and the code of the one that decides.
 */
export async function linkDecideCommand(
  project: Project,
  output: Output,
  verdict: NewDecision['verdict'],
  [left, right]: readonly [string, string],
  options: DecideOptions,
): Promise<ExitCode> {
  const lines = await secretLines();
  await withControl(project, async (database) => {
    if (options.later !== true) await linkedRun(project, database, options.run);
    const [kind = ''] = await requireRecords(database, [left, right]);
    const { by, reason } = await decider(project, database, options.as, lines);
    await auditLogOf(project, database).record([recordEvent(by, 'decision', kind, [left, right])]);
    const services = { database, key: project.key };
    const persons = await decidePair(services, { left, right, verdict, reason, by });
    const together = persons.personOf(left) === persons.personOf(right);
    output.note(`kept: ${left} and ${right} ${verdictWords[verdict]} (${by})`);
    if (together !== (verdict === 'same') && verdict !== 'withdrawn') {
      output.note('Other decisions still say otherwise; `handover link review` lists them.');
    }
  });
  if (options.later !== true) return linkApplyCommand(project, output, options);
  output.data({ format: 'handover-link-decision/1', left, right, verdict }, () => [
    'Nothing has moved yet: `handover link apply` does it.',
  ]);
  return exitCodes.ok;
}

/** Whoever has the roles; where the project has no accounts, whoever holds its key says who decides. */
export async function decider(
  project: Project,
  database: Database,
  name: string,
  lines: readonly string[],
): Promise<{ by: string; reason: string }> {
  if (!(await hasAccounts(database))) return { by: name, reason: lines.join('\n') };
  const { roles } = await actingAccount(project, database, name, lines);
  if (!roles.includes('steward') && !roles.includes('clinician')) {
    throw new HandoverError('role-missing', 'Your roles do not let you decide this.', {
      exitCode: exitCodes.approvalNeeded,
      next: 'It takes one of: steward, clinician.',
    });
  }
  return { by: name, reason: lines.slice(2).join('\n') };
}

/** `handover link apply`: lead the charts of a run to what has been decided by now. */
export async function linkApplyCommand(
  project: Project,
  output: Output,
  options: WorkOptions & { run?: string },
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  const { database, engine } = workshop;
  try {
    const { run, linkage, text } = await linkedRun(project, database, options.run);
    const plan = bindPlan(project, text);
    const { mappings } = compileStreams(plan, await streamsOf(database, run.id), project.key);
    const services = {
      database,
      parcels: parcelsOf(project, database),
      key: project.key,
      mappings,
      targets: [...plan.targets.keys()],
      revision: text.digest,
      linkage,
    };
    const round = await beginRelink(services, run);
    if (round === undefined) {
      output.data({ format: 'handover-link-apply/1', run: run.id, moved: false }, () => [
        `All charts of run ${run.id} are where they belong; nothing moves.`,
      ]);
      return exitCodes.ok;
    }
    output.note(`leading the charts of run ${run.id} to what was decided`);
    const reopened = await reopenRun(database, engine, run);
    const code = await drive(project, workshop, output, reopened, { revision: text.digest });
    for (const line of remapLines(await remapCounts(database, run.id, round))) output.note(line);
    return code;
  } finally {
    await workshop.close();
  }
}

interface LinkedRun {
  run: Run;
  text: ProjectText;
  linkage: LinkagePlan;
}

/** The newest run that linked and stands, or the named one. @throws HandoverError `link-unplanned` */
async function linkedRun(
  project: Project,
  database: Database,
  id: string | undefined,
): Promise<LinkedRun> {
  const run = await chooseRun(database, id ?? (await lastRound(database))?.run);
  const text = await readRevision(database, project.key, await currentRevision(database, run));
  const { linkage } = text.document;
  if (linkage !== undefined) return { run, text, linkage };
  throw new HandoverError('link-unplanned', `The plan of run ${run.id} links nobody.`, {
    exitCode: exitCodes.usage,
    next: 'Give the plan `linkage: {}` and begin a new run.',
  });
}

function notStanding(): HandoverError {
  return new HandoverError('person-gone', 'One of the two records no longer stands.', {
    exitCode: exitCodes.usage,
    next: 'It was mapped otherwise since, or its run was undone: see `handover link review`.',
  });
}
