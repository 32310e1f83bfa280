import { tag, type Markup, type XmlWritten } from '../../../../formats/xml/writer.ts';
import type { NarratedWords } from '../../outward/chart.ts';
import { systems } from './dataTypes.ts';
import type { Entry } from './entry.ts';

const root = '2.16.840.1.113883.10.20.22.2.';

/** A section of the document (C-CDA R2.1, chapter 2): its template, its code and what its table says. */
export interface SectionKind {
  template: string;
  extension: string;
  code: string;
  title: string;
  columns: readonly string[];
  /** A document of this kind has it, with entries or with the reason why there are none. */
  isRequired: boolean;
}

const kind = (
  template: string,
  extension: string,
  code: string,
  title: string,
  columns: readonly string[],
  isRequired = false,
): SectionKind => ({ template, extension, code, title, columns, isRequired });

export const sectionKinds = {
  allergies: kind(
    '6.1',
    '2015-08-01',
    '48765-2',
    'Allergies',
    ['Substance', 'Reaction', 'Status'],
    true,
  ),
  medications: kind(
    '1.1',
    '2014-06-09',
    '10160-0',
    'Medications',
    ['Drug', 'Directions', 'Status'],
    true,
  ),
  problems: kind('5.1', '2015-08-01', '11450-4', 'Problems', ['Problem', 'Onset', 'Status'], true),
  procedures: kind('7.1', '2014-06-09', '47519-4', 'Procedures', ['Procedure', 'Date', 'Status']),
  results: kind('3.1', '2015-08-01', '30954-2', 'Results', ['Result', 'Date', 'Status'], true),
  vitalSigns: kind(
    '4.1',
    '2015-08-01',
    '8716-3',
    'Vital signs',
    ['Measurement', 'Date', 'Status'],
    true,
  ),
  socialHistory: kind(
    '17',
    '2015-08-01',
    '29762-2',
    'Social history',
    ['Observation', 'Date', 'Status'],
    true,
  ),
  immunizations: kind('2.1', '2015-08-01', '11369-6', 'Immunizations', [
    'Vaccine',
    'Date',
    'Status',
  ]),
  encounters: kind('22.1', '2015-08-01', '46240-8', 'Encounters', ['Encounter', 'Date', 'Status']),
  functional: kind('14', '2014-06-09', '47420-5', 'Functional status', [
    'Assessment',
    'Date',
    'Status',
  ]),
} as const;

/** What a section says in codes, and the words that it refers to. */
export interface SectionContent {
  entries: readonly Entry[];
  narrated: readonly NarratedWords[];
}

/** The section with its narrative and its entries; one that is required and empty says so. */
export function section(
  of: SectionKind,
  { entries, narrated }: SectionContent,
): Markup | undefined {
  if (entries.length === 0 && !of.isRequired) return undefined;
  return tag(
    'component',
    {},
    tag(
      'section',
      { nullFlavor: entries.length === 0 ? 'NI' : undefined },
      tag('templateId', { root: root + of.template, extension: of.extension }),
      tag('code', { code: of.code, codeSystem: systems.loinc, displayName: of.title }),
      tag('title', {}, of.title),
      tag(
        'text',
        {},
        entries.length === 0 ? 'No information' : narrative(of, entries),
        narratedIn(narrated),
      ),
      entries.map(({ markup }) => tag('entry', { typeCode: 'DRIV' }, markup)),
    ),
  );
}

function narratedIn(narrated: SectionContent['narrated']): XmlWritten {
  return narrated.map(({ id, words }) => tag('paragraph', { ID: id }, words));
}

function narrative(of: SectionKind, entries: readonly Entry[]): Markup {
  const row = (cells: readonly (string | undefined)[], name: 'th' | 'td'): Markup =>
    tag(
      'tr',
      {},
      cells.map((cell) => tag(name, {}, cell ?? '')),
    );
  return tag(
    'table',
    {},
    tag('thead', {}, row(of.columns, 'th')),
    tag(
      'tbody',
      {},
      entries.map((each) => row(each.row, 'td')),
    ),
  );
}
