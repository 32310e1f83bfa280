import { tag, type Markup } from '../../../formats/xml/writer.ts';
import type { Day } from '../../calendar.ts';
import { icd10, snomed } from '../../catalogue.ts';
import { standsFirm } from '../../chartItem.ts';
import type { Person } from '../../people.ts';
import { createProblems, type Problem } from '../../tables/problems.ts';
import type { World } from '../../world.ts';
import {
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

export const problemSection: SectionKind = {
  code: '11450-4',
  title: 'Problems',
  template: '2.16.840.1.113883.10.20.22.2.5.1',
  version: '2015-08-01',
  columns: ['Problem', 'Status', 'Since'],
};

/** The problem list of a day; suspicions and mistakes are not told. */
export function problemLines(world: World, person: Person, day: Day): Line[] {
  return createProblems(world, person)
    .filter((problem) => {
      const said = problem.status !== 'E' && problem.status !== 'S';
      return standsFirm(problem) && said && problem.noted <= day;
    })
    .map((problem) => ({
      cells: [problem.text, words[problem.status], problem.onset?.iso ?? null],
      entry: (style, reference) => concern(world, problem, style, reference, day),
      makes: { Condition: 1 },
      tells: [{ table: 'problems', key: String(problem.id) }],
    }));
}

const words = {
  A: 'active',
  I: 'inactive',
  R: 'resolved',
  S: 'suspected',
  X: 'ruled out',
  E: 'error',
};

function concern(
  world: World,
  problem: Problem,
  style: Style,
  reference: string,
  day: Day,
): Markup {
  const { id, noted, notedBy, status: state, onset, resolved } = problem;
  const none = problem.diagnosis === null && problem.text === 'No known problems';
  const over = resolved !== null && resolved <= day ? day8(resolved) : null;
  const observation = tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN', negationInd: none || state === 'X' ? 'true' : undefined },
    templates(style, 'problem'),
    rowId('problems', id),
    codeTag('code', { system: snomed, code: '64572001' }, 'Condition'),
    textReference(reference),
    status('completed'),
    span(compactDate(onset?.iso ?? null), over),
    none ? nothing : valueOf(problem, reference),
    state === 'I' ? relationship('REFR', inactive(style)) : undefined,
  );
  return tag(
    'act',
    { classCode: 'ACT', moodCode: 'EVN' },
    templates(style, 'problemConcern'),
    rowId('problems', id, 'c'),
    tag('code', { code: 'CONC', codeSystem: '2.16.840.1.113883.5.6' }),
    status(state === 'A' ? 'active' : 'completed'),
    span(day8(noted), state === 'A' ? null : (over ?? day8(noted))),
    author(world, notedBy, day8(noted)),
    relationship('SUBJ', observation),
  );
}

const nothing = codeTag('value', { system: snomed, code: '55607006' }, 'Problem', { type: 'CD' });

function valueOf({ diagnosis, text }: Problem, reference: string): Markup {
  if (diagnosis === null) return uncoded('value', reference, 'CD');
  return codeTag('value', { system: icd10, code: diagnosis.code }, text, { type: 'CD', reference });
}

function inactive(style: Style): Markup {
  return tag(
    'observation',
    { classCode: 'OBS', moodCode: 'EVN' },
    templates(style, 'problemStatus'),
    tag('code', { code: '33999-4', codeSystem: '2.16.840.1.113883.6.1', displayName: 'Status' }),
    status('completed'),
    codeTag('value', { system: snomed, code: '73425007' }, 'Inactive', { type: 'CD' }),
  );
}
