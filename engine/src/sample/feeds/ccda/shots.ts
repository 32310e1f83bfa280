import { tag, type Markup } from '../../../formats/xml/writer.ts';
import { civil, isoDate, type Day } from '../../calendar.ts';
import { standsFirm } from '../../chartItem.ts';
import { cvx } from '../../clinicalCodes.ts';
import type { Person } from '../../people.ts';
import { createImmunisations, type Immunisation } from '../../tables/immunisations.ts';
import type { World } from '../../world.ts';
import { codeTag, day8, performer, relationship, rowId, status, textReference } from './parts.ts';
import type { Line, SectionKind } from './section.ts';
import { templates, type Style } from './style.ts';

export const shotSection: SectionKind = {
  code: '11369-6',
  title: 'Immunizations',
  template: '2.16.840.1.113883.10.20.22.2.2.1',
  version: '2015-08-01',
  columns: ['Vaccine', 'Date', 'Status'],
};

/** Given, reported and refused by a day. */
export function shotLines(world: World, person: Person, day: Day): Line[] {
  return createImmunisations(world, person)
    .filter((shot) => standsFirm(shot) && shot.status !== 'E' && shot.given <= day)
    .map((shot) => ({
      cells: [
        shot.vaccine.text,
        whenOf(shot, isoDate(shot.given)),
        shot.status === 'N' ? 'refused' : 'completed',
      ],
      entry: (style, reference) => activity(world, shot, style, reference),
      makes: { Immunization: 1 },
      tells: [{ table: 'immunisations', key: String(shot.id) }],
    }));
}

const whenOf = ({ yearOnly, given }: Immunisation, whole: string): string =>
  yearOnly ? String(civil(given).year) : whole;

function activity(world: World, shot: Immunisation, style: Style, reference: string): Markup {
  const { id, vaccine, status: state, given, lot, givenBy, refusal } = shot;
  const material = tag(
    'manufacturedMaterial',
    {},
    codeTag('code', { system: cvx, code: vaccine.code }, vaccine.text),
    lot === null ? undefined : tag('lotNumberText', {}, lot),
  );
  return tag(
    'substanceAdministration',
    { classCode: 'SBADM', moodCode: 'EVN', negationInd: state === 'N' ? 'true' : 'false' },
    templates(style, 'shot'),
    rowId('immunisations', id),
    textReference(reference),
    status('completed'),
    tag('effectiveTime', { value: whenOf(shot, day8(given)) }),
    tag(
      'consumable',
      {},
      tag('manufacturedProduct', { classCode: 'MANU' }, templates(style, 'vaccine'), material),
    ),
    performer(world, givenBy),
    refusal === null ? undefined : relationship('RSON', reason(shot, style)),
  );
}

const reasons = {
  P: ['PATOBJ', 'patient objection'],
  R: ['RELIG', 'religious objection'],
  M: ['MEDPREC', 'medical precaution'],
} as const;

function reason({ id, refusal }: Immunisation, style: Style): Markup {
  const [code, displayName] = reasons[refusal ?? 'P'];
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'refusal'),
    rowId('immunisations', id, 'r'),
    tag('code', { code, displayName, codeSystem: '2.16.840.1.113883.5.8' }),
    status('completed'),
  );
}
