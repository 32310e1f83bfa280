import { tag, type Markup } from '../../../formats/xml/writer.ts';
import type { Day } from '../../calendar.ts';
import type { Person } from '../../people.ts';
import { ethnicityOf, languageOf, raceOf } from '../../tables/ptDemog.ts';
import type { World } from '../../world.ts';
import { assigned, day8, houseRoot, moment } from './parts.ts';
import { templateId, versions, type Style } from './style.ts';

/** A kind of document: its template and LOINC code. */
export interface DocumentKind {
  name: string;
  title: string;
  style: Style;
  template: string;
  code: string;
}

/** What stands before the body of a document. */
export function header(
  world: World,
  kind: DocumentKind,
  person: Person,
  day: Day,
  authorId: number,
): Markup[] {
  const { style, template, code, title } = kind;
  const own = style === 'C32' ? [templateId(template)] : versions(style, template, '2015-08-01');
  const realm = versions(style, '2.16.840.1.113883.10.20.22.1.1', '2015-08-01');
  const time = moment({ day, minute: 870 });
  const extension = `${kind.name}-${person.id}`.replaceAll(' ', '-');
  return [
    tag('realmCode', { code: 'US' }),
    tag('typeId', { root: '2.16.840.1.113883.1.3', extension: 'POCD_HD000040' }),
    ...(style === 'C32' ? [] : realm),
    ...own,
    tag('id', { root: `${houseRoot}.20`, extension }),
    tag('code', { code, codeSystem: '2.16.840.1.113883.6.1', displayName: title }),
    tag('title', {}, title),
    tag('effectiveTime', { value: time }),
    tag('confidentialityCode', { code: 'N', codeSystem: '2.16.840.1.113883.5.25' }),
    tag('languageCode', { code: 'en-US' }),
    recordTarget(person),
    tag(
      'author',
      {},
      tag('time', { value: time }),
      tag('assignedAuthor', {}, assigned(world, authorId)),
    ),
    custodian,
  ];
}

const organization = [
  tag('id', { root: '2.16.840.1.113883.4.6', extension: '2900000014' }),
  tag('name', {}, 'Riverside Main'),
  tag('telecom', { value: 'tel:+1-312-555-0100', use: 'WP' }),
];

const custodian = tag(
  'custodian',
  {},
  tag('assignedCustodian', {}, tag('representedCustodianOrganization', {}, organization)),
);

const sexes = { male: 'M', female: 'F', other: 'UN', unknown: undefined } as const;

function recordTarget(person: Person): Markup {
  const { mrn, ssn, address, homePhone, given, middle, family, sex, birth } = person;
  const { line1, line2, city, state, postalCode } = address;
  const code = sexes[sex];
  const role = tag(
    'patientRole',
    {},
    tag('id', { root: `${houseRoot}.1`, extension: mrn }),
    ssn === null ? undefined : tag('id', { root: '2.16.840.1.113883.4.1', extension: ssn }),
    tag(
      'addr',
      { use: 'HP' },
      tag('streetAddressLine', {}, line1),
      line2 === null ? undefined : tag('streetAddressLine', {}, line2),
      tag('city', {}, city),
      tag('state', {}, state),
      tag('postalCode', {}, postalCode),
      tag('country', {}, 'US'),
    ),
    homePhone === null
      ? tag('telecom', { nullFlavor: 'UNK' })
      : tag('telecom', { use: 'HP', value: `tel:${homePhone.replaceAll(/[^+\d-]/g, '')}` }),
    tag(
      'patient',
      {},
      tag(
        'name',
        { use: 'L' },
        tag('given', {}, given),
        middle === null ? undefined : tag('given', {}, middle),
        tag('family', {}, family),
      ),
      tag('administrativeGenderCode', {
        code,
        nullFlavor: code === undefined ? 'UNK' : undefined,
        codeSystem: code && '2.16.840.1.113883.5.1',
      }),
      tag('birthTime', { value: day8(birth) }),
      omb('raceCode', raceOf, person.race),
      omb('ethnicGroupCode', ethnicityOf, person.ethnicity),
      languages(person),
    ),
  );
  return tag('recordTarget', {}, role);
}

/** CDC's codes of race and ethnicity; what was not told is a null flavour. */
function omb(name: string, codes: Readonly<Record<string, string>>, local: string | null): Markup {
  const code = codes[local ?? ''];
  if (code === undefined || code === 'UNK') return tag(name, { nullFlavor: 'UNK' });
  return tag(name, { code, codeSystem: '2.16.840.1.113883.6.238' });
}

function languages({ language }: Person): Markup | undefined {
  const codes: Readonly<Record<string, string>> = languageOf;
  const code = codes[language ?? ''];
  return (code && tag('languageCommunication', {}, tag('languageCode', { code }))) || undefined;
}
