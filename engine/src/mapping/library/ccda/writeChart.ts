import { tag } from '../../../formats/xml/writer.ts';
import { nameOf, referenceName, typeOf, type Writing } from '../outward/chart.ts';
import type { Reading } from '../outward/reading.ts';
import { encounter, immunization, procedure } from './writing/activities.ts';
import { allergy } from './writing/allergies.ts';
import { problem } from './writing/conditions.ts';
import type { Entry } from './writing/entry.ts';
import { documentHeader } from './writing/header.ts';
import { medication } from './writing/medications.ts';
import { results, socialHistory, survey, vitalSigns, type Group } from './writing/observations.ts';
import { section, sectionKinds, type SectionContent } from './writing/sections.ts';

type SectionName = keyof typeof sectionKinds;

/**
 * What a chart holds as a Continuity of Care Document of C-CDA R2.1, by the C-CDA on FHIR guide's tables
 * the other way round: every entry is said in codes and in its section's narrative.
 */
export function* writeDocument(writing: Writing): Generator<string> {
  const contents = contentsOf(writing);
  const sections = (Object.keys(sectionKinds) as SectionName[]).map((name) =>
    section(sectionKinds[name], contents[name]),
  );
  const document = tag(
    'ClinicalDocument',
    {
      xmlns: 'urn:hl7-org:v3',
      'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      'xmlns:sdtc': 'urn:hl7-org:sdtc',
    },
    documentHeader(writing),
    tag('component', {}, tag('structuredBody', {}, sections)),
  );
  yield `<?xml version="1.0" encoding="UTF-8"?>\n${document.text}\n`;
}

function contentsOf(writing: Writing): Record<SectionName, SectionContent> {
  const told = (entries: readonly (Entry | undefined)[]): SectionContent => ({
    entries: entries.filter((own) => own !== undefined),
    narrated: writing.takeNarrated(),
  });
  const each = (
    type: string,
    write: (from: Reading, to: Writing) => Entry | undefined,
  ): readonly (Entry | undefined)[] => writing.of(type).map((own) => write(own, writing));
  const diagnoses = diagnosesOf(writing);
  const ofVisits = new Set([...diagnoses.values()].flat());
  const problems = writing.of('Condition').filter((own) => !ofVisits.has(own));
  const observed = observationsOf(writing);
  return {
    allergies: told(each('AllergyIntolerance', allergy)),
    medications: told([
      ...each('MedicationStatement', medication),
      ...each('MedicationRequest', medication),
      ...each('MedicationAdministration', medication),
    ]),
    problems: told(problems.map((own) => problem(own, writing))),
    procedures: told(each('Procedure', procedure)),
    immunizations: told(each('Immunization', immunization)),
    encounters: told(
      writing.of('Encounter').map((own) => encounter(own, diagnoses.get(own) ?? [], writing)),
    ),
    results: told(observed.results.map((own) => results(own, writing))),
    vitalSigns: told(observed.vitalSigns.map((own) => vitalSigns(own, writing))),
    socialHistory: told(observed.social.map((own) => socialHistory(own, writing))),
    functional: told(observed.surveys.map((own) => survey(own, writing))),
  };
}

/** Conditions that a visit has as its diagnoses, each with the first such visit. */
function diagnosesOf(writing: Writing): ReadonlyMap<Reading, Reading[]> {
  const found = new Map<Reading, Reading[]>();
  const said = new Set<Reading>();
  for (const visit of writing.of('Encounter')) {
    for (const each of visit.all('diagnosis')) {
      const name = referenceName(each.child('condition')?.peek('reference'));
      const own = name === undefined ? undefined : writing.chart.find(name);
      if (own === undefined || typeOf(own) !== 'Condition' || said.has(own)) continue;
      said.add(own);
      found.set(visit, [...(found.get(visit) ?? []), own]);
    }
  }
  return found;
}

interface Observed {
  results: Group[];
  vitalSigns: Group[];
  social: Reading[];
  surveys: Reading[];
}

/** Observations by the section that they belong to: a report's results, else by their category. */
function observationsOf(writing: Writing): Observed {
  const found: Observed = { results: [], vitalSigns: [], social: [], surveys: [] };
  const said = new Set<Reading>();
  for (const report of writing.of('DiagnosticReport')) {
    const members = report
      .all('result')
      .map((each) => writing.follow(each))
      .filter((each) => each !== undefined && typeOf(each) === 'Observation');
    for (const each of members) said.add(each as Reading);
    found.results.push({ report, members: members as Reading[] });
  }
  const times = new Map<string, Reading[]>();
  for (const each of writing.of('Observation')) {
    if (said.has(each) || isPanel(each)) continue;
    const category = categoryOf(each);
    for (const own of each.all('category')) {
      if (sectioned.has(category ?? '')) own.takeWhole();
    }
    if (category === 'vital-signs') {
      const time = each.peek('effectiveDateTime') ?? nameOf(each);
      times.set(time, [...(times.get(time) ?? []), each]);
    } else if (category === 'social-history') found.social.push(each);
    else if (category === 'survey') found.surveys.push(each);
    else found.results.push({ members: [each] });
  }
  found.vitalSigns.push(...[...times.values()].map((members) => ({ members })));
  return found;
}

/** Categories that a section says. */
const sectioned = new Set(['vital-signs', 'social-history', 'survey', 'laboratory']);

function categoryOf(from: Reading): string | undefined {
  const codes = from
    .all('category')
    .flatMap((each) => each.all('coding').map((coding) => coding.peek('code')));
  return codes.find((code) => sectioned.has(code ?? ''));
}

/** An observation that has only members: they are told one by one. */
function isPanel(from: Reading): boolean {
  return (
    from.all('hasMember').length > 0 &&
    from.choice('value') === undefined &&
    from.all('component').length === 0
  );
}
