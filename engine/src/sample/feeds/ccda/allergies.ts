import { tag, type Markup } from '../../../formats/xml/writer.ts';
import type { Allergy } from '../../allergyHistory.ts';
import type { Day } from '../../calendar.ts';
import { snomed } from '../../catalogue.ts';
import type { Person } from '../../people.ts';
import type { World } from '../../world.ts';
import {
  assertion,
  author,
  codeTag,
  compactDate,
  day8,
  relationship,
  rowId,
  span,
  status,
  textReference,
  uncoded,
} from './parts.ts';
import type { Line, SectionKind } from './section.ts';
import { templates, type Style } from './style.ts';

export const allergySection: SectionKind = {
  code: '48765-2',
  title: 'Allergies',
  template: '2.16.840.1.113883.10.20.22.2.6.1',
  version: '2015-08-01',
  columns: ['Substance', 'Reaction', 'Severity', 'Status'],
};

/**
 * What was known on a day. Allergies that nobody confirmed, and mistakes, are not told: the document
 * has no word for either.
 */
export function allergyLines(world: World, person: Person, day: Day): Line[] {
  return world
    .allergies(person)
    .filter(({ deleted, defect, noted, status: state }) => {
      return !deleted && defect === undefined && noted <= day && state !== 'E' && state !== 'U';
    })
    .map((allergy) => ({
      cells: [
        allergy.text,
        allergy.reaction?.text ?? allergy.reactionText,
        allergy.severity && severities[allergy.severity].text,
        { A: 'active', I: 'inactive', R: 'refuted', E: 'error', U: 'unconfirmed' }[allergy.status],
      ],
      entry: (style, reference) => concern(world, allergy, style, reference),
      makes: { AllergyIntolerance: 1 },
      tells: [{ table: 'allergies', key: String(allergy.id) }],
    }));
}

function concern(world: World, allergy: Allergy, style: Style, reference: string): Markup {
  const { id, noted, notedBy, status: state } = allergy;
  return tag(
    'act',
    { classCode: 'ACT', moodCode: 'EVN' },
    templates(style, 'allergyConcern'),
    rowId('allergies', id, 'c'),
    tag('code', { code: 'CONC', codeSystem: '2.16.840.1.113883.5.6' }),
    status(state === 'A' ? 'active' : 'completed'),
    span(day8(noted)),
    author(world, notedBy, day8(noted)),
    relationship('SUBJ', observation(allergy, style, reference)),
  );
}

const kinds = {
  DA: ['416098002', 'Allergy to drug'],
  FA: ['414285001', 'Allergy to food'],
  EA: ['426232007', 'Environmental allergy'],
  NK: ['419199007', 'Allergy to substance'],
} as const;

function observation(allergy: Allergy, style: Style, reference: string): Markup {
  const { kind, allergen, id, onset, status: state } = allergy;
  const none = kind === 'NK';
  const drugsAlone = none && allergen?.local === 'NKDA';
  const [code, text] = kinds[drugsAlone ? 'DA' : kind];
  return tag(
    'observation',
    // Nothing known, or turned out not to be so: both are the denial of an allergy.
    { classCode: 'OBS', moodCode: 'EVN', negationInd: none || state === 'R' ? 'true' : undefined },
    templates(style, 'allergy'),
    rowId('allergies', id),
    assertion,
    textReference(reference),
    status('completed'),
    span(compactDate(onset)),
    codeTag('value', { system: snomed, code }, text, { type: 'CD' }),
    none ? undefined : substance(allergy, reference),
    reaction(allergy, style, reference),
  );
}

function substance({ allergen, text }: Allergy, reference: string): Markup {
  const code =
    allergen === null ? uncoded('code', reference) : codeTag('code', allergen.coding, text);
  const entity = tag('playingEntity', { classCode: 'MMAT' }, code, tag('name', {}, text));
  const role = tag('participantRole', { classCode: 'MANU' }, entity);
  return tag('participant', { typeCode: 'CSM' }, role);
}

const severities = {
  MI: { code: '255604002', text: 'mild' },
  MO: { code: '6736007', text: 'moderate' },
  SE: { code: '24484000', text: 'severe' },
} as const;

function reaction(allergy: Allergy, style: Style, reference: string): Markup | undefined {
  const { reaction: coded, reactionText, severity, id } = allergy;
  if (coded === null && reactionText === null) return undefined;
  const value =
    coded === null
      ? tag(
          'value',
          { 'xsi:type': 'CD', nullFlavor: 'OTH' },
          tag('originalText', {}, reactionText ?? ''),
        )
      : codeTag('value', coded.coding, coded.text, { type: 'CD' });
  const told = tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'reaction'),
    rowId('allergies', id, 'r'),
    assertion,
    textReference(reference),
    status('completed'),
    value,
    severity === null ? undefined : relationship('SUBJ', grade(severity, style), 'true'),
  );
  return relationship('MFST', told, 'true');
}

function grade(severity: keyof typeof severities, style: Style): Markup {
  const { code, text } = severities[severity];
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'severity'),
    tag('code', { code: 'SEV', codeSystem: '2.16.840.1.113883.5.4' }),
    status('completed'),
    codeTag('value', { system: snomed, code }, text, { type: 'CD' }),
  );
}
