import type { Random } from '../../../base/random.ts';
import { Markup, tag } from '../../../formats/xml/writer.ts';
import { dayOf, isoDate, type Day } from '../../calendar.ts';
import { between } from '../../draw.ts';
import { lastDay, type Person } from '../../people.ts';
import { providerId } from '../../staff.ts';
import { isSound, type Visit } from '../../visits.ts';
import type { World } from '../../world.ts';
import { patientOf, type FeedFile, type FeedTruth } from '../feed.ts';
import { allergyLines, allergySection } from './allergies.ts';
import { actCodes, encounterLines, encounterSection } from './encounters.ts';
import { header, type DocumentKind } from './header.ts';
import { resultLines, resultSection, vitalLines, vitalSection } from './measured.ts';
import {
  dischargeLines,
  dischargeSection,
  medicationLines,
  medicationSection,
} from './medications.ts';
import { codeTag, moment, relationship, rowId, span, status } from './parts.ts';
import { problemLines, problemSection } from './problems.ts';
import { writeSection, writeWords, type Line, type SectionKind } from './section.ts';
import { shotLines, shotSection } from './shots.ts';
import { templates, type Style } from './style.ts';

const kinds = {
  ccd: {
    name: 'CCD R2.1',
    title: 'Continuity of Care Document',
    style: 'R2.1',
    template: '2.16.840.1.113883.10.20.22.1.2',
    code: '34133-9',
  },
  formerCcd: {
    name: 'CCD R1.1',
    title: 'Continuity of Care Document',
    style: 'R1.1',
    template: '2.16.840.1.113883.10.20.22.1.2',
    code: '34133-9',
  },
  c32: {
    name: 'C32',
    title: 'Summarization of episode note',
    style: 'C32',
    template: '2.16.840.1.113883.3.88.11.32.1',
    code: '34133-9',
  },
  discharge: {
    name: 'Discharge Summary R2.1',
    title: 'Discharge Summary',
    style: 'R2.1',
    template: '2.16.840.1.113883.10.20.22.1.8',
    code: '18842-5',
  },
  unstructured: {
    name: 'Unstructured R2.1',
    title: 'Referral letter',
    style: 'R2.1',
    template: '2.16.840.1.113883.10.20.22.1.10',
    code: '57133-1',
  },
} as const satisfies Record<string, DocumentKind>;

/** One patient in this many has a document, the kinds in turn. */
const patientsPerDocument = 6;

const round: readonly (keyof typeof kinds)[] = [
  ...(['ccd', 'discharge', 'c32', 'ccd', 'unstructured', 'ccd'] as const),
  ...(['discharge', 'formerCcd', 'ccd', 'ccd'] as const),
];

/** Documents that the hospital made of its own charts, when patients were sent on: one to a file. */
export function* documentFiles(
  world: World,
  first: number,
  end: number,
  planted: boolean,
): Generator<FeedFile> {
  const offset = world.draws('documents of charts', 0).integer(patientsPerDocument);
  for (let index = first; index < end; index++) {
    if (index % patientsPerDocument !== offset) continue;
    const person = world.person(index);
    const turn = Math.floor(index / patientsPerDocument);
    if (!person.deleted) yield documentFile(world, person, turn, planted);
  }
}

/** What goes wrong with documents, and how often in their turn. */
const faults = {
  cut: { every: 17, defect: 'chart-cut-off', reason: 'xml-not-well-formed' },
  nobody: { every: 23, defect: 'chart-without-patient', reason: 'cda-no-patient' },
} as const;

function documentFile(world: World, person: Person, turn: number, planted: boolean): FeedFile {
  const random = world.draws('document of a chart', person.index);
  const { kind, day, body } = compose(world, random, person, round[turn % round.length] ?? 'ccd');
  const author = body.visit?.providerId ?? providerId(random.integer(world.staff));
  const head = header(world, kind, person, day, author);
  const fault = planted
    ? Object.values(faults).find(({ every }) => turn % every === every - 4)
    : undefined;
  const kept = fault === faults.nobody ? head.filter(isNotPatient) : head;
  const text = written([...kept, ...body.content]);
  const cut = fault === faults.cut ? text.slice(0, Math.floor(text.length * 0.7)) : text;
  const path = `ccda/${kind.name.replaceAll(/[ .]/g, '-').toLowerCase()}-${person.id}.xml`;
  const truth: FeedTruth = {
    file: path,
    key: kind.name,
    kind: kind.name,
    outcome: fault === undefined ? 'arrives' : 'refused',
    patient: patientOf(person),
    tells: body.tells,
    ...(fault === undefined
      ? { makes: body.makes }
      : { defect: fault.defect, reason: fault.reason }),
  };
  return { path, bytes: Buffer.from(cut), truths: [truth] };
}

const isNotPatient = ({ text }: Markup): boolean => !text.startsWith('<recordTarget');

function written(content: readonly Markup[]): string {
  const names = {
    xmlns: 'urn:hl7-org:v3',
    'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
    'xmlns:sdtc': 'urn:hl7-org:sdtc',
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag('ClinicalDocument', names, content).text}\n`;
}

interface Body {
  content: readonly Markup[];
  makes: Readonly<Record<string, number>>;
  tells: FeedTruth['tells'] & object;
  visit?: Visit;
}

interface Composed {
  kind: DocumentKind;
  day: Day;
  body: Body;
}

/** Who was never admitted has no discharge, who was not born no old document: they have a summary. */
function compose(
  world: World,
  random: Random,
  person: Person,
  wanted: keyof typeof kinds,
): Composed {
  const latest = typeof person.death === 'number' ? person.death : lastDay;
  const stays = world.visits(person).filter((visit) => isSound(visit) && visit.class === 'I');
  const stay = stays.at(-1);
  if (wanted === 'discharge' && stay?.end) {
    return { kind: kinds.discharge, day: stay.end.day, body: dischargeBody(world, person, stay) };
  }
  const old = { c32: dayOf(2013, 3, 1), formerCcd: dayOf(2015, 9, 1) } as const;
  if (wanted === 'c32' || wanted === 'formerCcd') {
    const day = old[wanted] + between(random, 0, 300);
    if (person.birth < day && day <= latest) {
      return {
        kind: kinds[wanted],
        day,
        body: summaryBody(world, person, kinds[wanted].style, day),
      };
    }
  }
  const day = Math.max(person.birth, latest - between(random, 0, 500));
  if (wanted === 'unstructured')
    return { kind: kinds.unstructured, day, body: letterBody(person, day) };
  return { kind: kinds.ccd, day, body: summaryBody(world, person, 'R2.1', day) };
}

type Sections = readonly (readonly [kind: SectionKind, lines: readonly Line[]])[];

function summaryBody(world: World, person: Person, style: Style, day: Day): Body {
  const sections: Sections = [
    [allergySection, allergyLines(world, person, day)],
    [medicationSection, medicationLines(world, person, day)],
    [problemSection, problemLines(world, person, day)],
    [shotSection, shotLines(world, person, day)],
    [resultSection, resultLines(world, person, day)],
    [vitalSection, vitalLines(world, person, day)],
    [encounterSection, encounterLines(world, person, day)],
  ];
  return bodyOf(style, sections, []);
}

function bodyOf(style: Style, sections: Sections, words: readonly Markup[]): Body {
  const lines = sections.flatMap(([, all]) => all);
  const made = sections.map(([kind, all]) => writeSection(style, kind, all));
  const content = [tag('component', {}, tag('structuredBody', {}, words, made))];
  return { content, makes: sumOf(lines), tells: lines.flatMap(({ tells }) => tells) };
}

/** Of every document comes the patient, its narrative, and the file itself. */
const ofEvery = { Patient: 1, Composition: 1, DocumentReference: 1 };

function sumOf(lines: readonly Line[]): Record<string, number> {
  const sum: Record<string, number> = { ...ofEvery };
  for (const { makes } of lines) {
    for (const [type, count] of Object.entries(makes)) sum[type] = (sum[type] ?? 0) + count;
  }
  return sum;
}

function dischargeBody(world: World, person: Person, visit: Visit): Body {
  const { start, end, reason, remark, id } = visit;
  const day = end?.day ?? start.day;
  const course = `Admitted ${isoDate(start.day)} for ${reason?.text ?? 'observation'}, discharged ${isoDate(day)}. ${remark ?? ''}`;
  const words = writeWords(
    'R2.1',
    {
      code: '8648-8',
      title: 'Hospital course',
      template: '1.3.6.1.4.1.19376.1.5.3.1.3.5',
      version: '2015-08-01',
    },
    course,
  );
  const sections: Sections = [
    [allergySection, allergyLines(world, person, day)],
    [dischargeSection, dischargeLines(world, person, day)],
    [diagnosisSection, reason === null ? [] : [diagnosisLine(visit, reason)]],
  ];
  const body = bodyOf('R2.1', sections, [words]);
  const stay = tag(
    'encompassingEncounter',
    {},
    rowId('encounters', id),
    tag('code', { code: actCodes.I, codeSystem: '2.16.840.1.113883.5.4' }),
    span(moment(start), end && moment(end)),
  );
  return {
    content: [tag('componentOf', {}, stay), ...body.content],
    makes: { ...body.makes, Encounter: 1 },
    tells: [{ table: 'encounters', key: String(id) }, ...body.tells],
    visit,
  };
}

const diagnosisSection: SectionKind = {
  code: '11535-2',
  title: 'Hospital discharge diagnosis',
  template: '2.16.840.1.113883.10.20.22.2.24',
  version: '2015-08-01',
  columns: ['Diagnosis'],
};

function diagnosisLine(visit: Visit, reason: NonNullable<Visit['reason']>): Line {
  const entry: Line['entry'] = (style, reference) =>
    tag(
      'act',
      { classCode: 'ACT', moodCode: 'EVN' },
      templates(style, 'dischargeDiagnosis'),
      tag('code', { code: '11535-2', codeSystem: '2.16.840.1.113883.6.1' }),
      status('completed'),
      relationship(
        'SUBJ',
        tag(
          'observation',
          { classCode: 'OBS', moodCode: 'EVN' },
          templates(style, 'problem'),
          rowId('encounters', visit.id, 'd'),
          tag('code', {
            code: '29308-4',
            codeSystem: '2.16.840.1.113883.6.1',
            displayName: 'Diagnosis',
          }),
          status('completed'),
          span(moment(visit.start)),
          codeTag('value', reason.coding, reason.text, { type: 'CD', reference }),
        ),
      ),
    );
  return { cells: [reason.text], entry, makes: { Condition: 1 }, tells: [] };
}

/** A letter that was scanned: nothing of it can be read but the header. */
function letterBody(person: Person, day: Day): Body {
  const page = `%PDF-1.4\n% letter of ${isoDate(day)} about ${person.mrn}\n%%EOF\n`;
  const data = new Markup(Buffer.from(page).toString('base64'));
  const text = tag('text', { mediaType: 'application/pdf', representation: 'B64' }, data);
  return {
    content: [tag('component', {}, tag('nonXMLBody', {}, text))],
    makes: ofEvery,
    tells: [],
  };
}
