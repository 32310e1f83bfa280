import { tag, type Markup } from '../../../formats/xml/writer.ts';
import { isoDate, type Day } from '../../calendar.ts';
import type { Person } from '../../people.ts';
import { isSound, type Visit } from '../../visits.ts';
import type { World } from '../../world.ts';
import {
  codeTag,
  moment,
  performer,
  relationship,
  rowId,
  span,
  status,
  textReference,
} from './parts.ts';
import type { Line, SectionKind } from './section.ts';
import { templates, type Style } from './style.ts';

export const encounterSection: SectionKind = {
  code: '46240-8',
  title: 'Encounters',
  template: '2.16.840.1.113883.10.20.22.2.22.1',
  version: '2015-08-01',
  columns: ['Kind', 'Date', 'Reason'],
};

/** ActCode's classes of encounters. */
export const actCodes = { I: 'IMP', E: 'EMER', O: 'AMB', H: 'HH', T: 'VR' } as const;

/** Visits that took place by a day. */
export function encounterLines(world: World, person: Person, day: Day): Line[] {
  return world
    .visits(person)
    .filter((visit) => isSound(visit) && visit.start.day <= day)
    .map((visit) => ({
      cells: [visit.kind, isoDate(visit.start.day), visit.reason?.text ?? null],
      entry: (style, reference) => activity(world, visit, style, reference),
      makes: { Encounter: 1 },
      tells: [{ table: 'encounters', key: String(visit.id) }],
    }));
}

function activity(world: World, visit: Visit, style: Style, reference: string): Markup {
  const { id, start, end, kind, reason, providerId } = visit;
  const code = actCodes[visit.class];
  return tag(
    'encounter',
    { classCode: 'ENC', moodCode: 'EVN' },
    templates(style, 'encounter'),
    rowId('encounters', id),
    tag('code', { code, codeSystem: '2.16.840.1.113883.5.4', displayName: kind }),
    textReference(reference),
    status('completed'),
    span(moment(start), end && moment(end)),
    performer(world, providerId),
    reason === null ? undefined : relationship('RSON', indication(visit, style)),
  );
}

function indication({ id, reason, start }: Visit, style: Style): Markup | undefined {
  if (reason === null) return undefined;
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'indication'),
    rowId('encounters', id, 'i'),
    tag('code', { code: '29308-4', codeSystem: '2.16.840.1.113883.6.1', displayName: 'Diagnosis' }),
    status('completed'),
    span(moment(start)),
    codeTag('value', reason.coding, reason.text, { type: 'CD' }),
  );
}
