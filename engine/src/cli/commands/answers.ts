import type { AuditEvent } from '../../audit/auditEvent.ts';
import { eventsAbout } from '../../audit/keptEvents.ts';
import {
  loadedPatients,
  loadsTo,
  seenOfNobody,
  seenPatients,
  unknownActors,
  type LookFilter,
} from '../../audit/looks.ts';
import { systemClock } from '../../base/clock.ts';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { idToken } from '../../run/idToken.ts';
import { numbersOf } from '../../run/subjects/numbers.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, parcelsOf } from '../composition.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { readStandardInput, withControl } from './look.ts';
import { patientsOf } from './subject.ts';

export interface PeriodOptions {
  from?: string;
  until?: string;
}

/** What moved out of Handover's own hands, by the action that stands in the log. */
const disclosing = new Set(['read', 'vread', 'history', 'search', 'reveal', 'export', 'load']);

/** In the words of 45 CFR 164.528(b)(2)(iv): why it was disclosed, as far as the way of it tells. */
const purposes: Readonly<Record<string, string>> = {
  export: 'a copy was handed out',
  load: 'moved to a system of the plan',
  reveal: 'a held item was looked into',
};

/**
 * `handover disclosures --patient -`: to whom something of a person was disclosed, when and what: the
 * accounting of 45 CFR 164.528. The look is on record itself, before it is shown.
 */
export async function disclosuresCommand(
  project: Project,
  output: Output,
  { patient, from, until }: PeriodOptions & { patient: string },
): Promise<ExitCode> {
  requirePeriod(from, until);
  const number = await readStandardInput();
  return withControl(project, async (database) => {
    const patients = await patientsOf(project, database, patient, number);
    await auditLogOf(project, database).record(patients.map((id) => lookAt(id, 'search')));
    const all = await eventsAbout(database, patients, patients.map(idToken));
    const disclosures = all
      .filter(({ action, outcome }) => disclosing.has(action) && outcome !== 'not-found')
      .filter(({ instant }) => (from ?? '') <= instant && (until === undefined || instant < until))
      .map(({ instant, actor, action, resourceType, resourceIds, system }) => ({
        date: instant,
        to: system ?? actor,
        what: resourceType,
        items: resourceIds.length,
        action,
        purpose: purposes[action] ?? 'treatment, payment or operations of who asked',
      }));
    output.data({ format: 'handover-disclosures/1', patients, disclosures }, () =>
      table(
        ['date', 'to', 'what', 'items', 'purpose'],
        disclosures.map(({ date, to, what, items, purpose }) => [date, to, what, items, purpose]),
      ),
    );
    return exitCodes.ok;
  });
}

function lookAt(patient: string, action: 'search' | 'reveal'): AuditEvent {
  return {
    instant: systemClock.now(),
    actor: 'operator',
    action,
    resourceType: 'Patient',
    resourceIds: [patient],
    patient,
    outcome: 'disclosed',
  };
}

export interface BreachOptions extends PeriodOptions {
  actor?: readonly string[];
  reveal?: boolean;
}

/**
 * `handover breach`: everybody of whom an actor saw something in some time, for the notice of 45 CFR
 * 164.410. A target is an actor too: it holds what runs brought to it, and is asked for by name. With `--reveal` their numbers in the source stand beside them, and each is a look on record.
 */
export async function breachCommand(
  project: Project,
  output: Output,
  { actor, from, until, reveal = false }: BreachOptions,
): Promise<ExitCode> {
  requirePeriod(from, until);
  const filter: LookFilter = {
    ...(actor !== undefined && { actors: actor }),
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
  };
  return withControl(project, async (database) => {
    const { actors } = filter;
    const strangers = await unknownActors(database, actors ?? []);
    if (strangers.length > 0) throw actorUnknown(strangers);
    const given = actors === undefined ? [] : await loadedPatients(database, { ...filter, actors });
    const seen = [...(await seenPatients(database, filter)), ...given];
    const loads = await loadsTo(database, filter);
    const unattributed = await seenOfNobody(database, filter);
    const patients = [...new Set(seen.map((one) => one.patient))];
    const numbers = reveal ? await revealed(project, database, patients) : undefined;
    const people = seen.map((one) => ({
      ...one,
      ...(numbers && { numbers: numbers.get(one.patient) ?? [] }),
    }));
    const data = {
      format: 'handover-breach/1',
      patients: patients.length,
      people,
      loads,
      unattributed,
    };
    output.data(data, () => [
      `${several(patients.length, 'person', 'people')} affected`,
      ...table(
        ['patient', ...(reveal ? ['numbers'] : []), 'seen by', 'first', 'last', 'events', 'items'],
        people.map((one) => [
          one.patient,
          ...(reveal ? [(one.numbers ?? []).join(' ')] : []),
          one.actor,
          one.first,
          one.last,
          one.events,
          one.items,
        ]),
      ),
      ...loads.map(
        ({ target, first, last, items }) =>
          `loaded to ${target} from ${first} to ${last}: ${several(items, 'item')}` +
          (actors === undefined ? `; of whom: handover breach --actor ${target}` : ''),
      ),
      ...unattributed.map(
        (one) =>
          `of nobody in particular: ${one.actor} ${one.action} ${one.resourceType} (${counted(one.events)})`,
      ),
    ]);
    return exitCodes.ok;
  });
}

/** @throws HandoverError `period-empty` (exit 2): an empty list would read as if nothing had happened. */
function requirePeriod(from: string | undefined, until: string | undefined): void {
  if (from === undefined || until === undefined || Date.parse(from) < Date.parse(until)) return;
  throw new HandoverError('period-empty', 'The time that is asked about ends before it begins.', {
    exitCode: exitCodes.usage,
    next: 'Give --from the earlier instant and --until the later one; --until is not part of it.',
  });
}

function actorUnknown(names: readonly string[]): HandoverError {
  return new HandoverError(
    'actor-unknown',
    `Nothing that ${names.join(' or ')} did or was given stands in the log.`,
    {
      exitCode: exitCodes.usage,
      next: 'See how a name is written there with `handover breach`; a target goes by its name in the plan.',
    },
  );
}

async function revealed(
  project: Project,
  database: Database,
  patients: readonly string[],
): Promise<Map<string, string[]>> {
  await auditLogOf(project, database).record(patients.map((id) => lookAt(id, 'reveal')));
  const services = { queries: database, parcels: parcelsOf(project, database) };
  return numbersOf(services, patients);
}
