import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { decimalOf } from '../decimal.ts';
import type { Element, Resource } from '../resource.ts';
import type { ClaimFacts } from './claimFacts.ts';
import { coded, icdCode, icdProcedure, nubc, own, terminology } from './codes.ts';
import { timing } from './conversion.ts';
import type { Conversion } from './conversion.ts';

const diagnosisSystems = {
  ninth: 'http://hl7.org/fhir/sid/icd-9-cm',
  tenth: 'http://hl7.org/fhir/sid/icd-10-cm',
};

const procedureSystems = {
  ninth: 'http://hl7.org/fhir/sid/icd-9-cm',
  tenth: 'http://www.cms.gov/Medicare/Coding/ICD10',
};

/** HI qualifiers (data element 1270) of diagnoses; before each an `A` where the code is ICD-10. */
const diagnoses: Readonly<Record<string, string>> = {
  BK: 'principal',
  BF: 'clinical',
  BJ: 'admitting',
  PR: 'patientreasonforvisit',
  BN: 'external',
  LOI: 'clinical',
};

const procedures: Readonly<Record<string, string>> = {
  BR: 'primary',
  BBR: 'primary',
  BQ: 'secondary',
  BBQ: 'secondary',
};

/** HI qualifiers of the codes of the National Uniform Billing Committee. */
const billing: Readonly<Record<string, string>> = {
  BI: 'OccurrenceSpanCodes',
  BH: 'OccurrenceCodes',
  BE: 'ValueCodes',
  BG: 'ConditionCodes',
  TC: 'TreatmentCodes',
};

interface Code {
  segment: X12Segment;
  /** The element of HI. */
  at: number;
  qualifier: string;
  code: string;
}

/** HI of a claim: diagnoses, procedures, the group, occurrences and values. How many diagnoses. */
export function readHealthCodes(
  loop: Loop,
  claim: Resource,
  facts: ClaimFacts,
  conversion: Conversion,
): number {
  const found: Element[] = [];
  const done: Element[] = [];
  let group: Element | undefined;
  for (const each of codesOf(loop)) {
    const { qualifier, code } = each;
    if (code === '') {
      conversion.issue('x12-diagnosis-without-code', `2300/HI-${each.at}`);
    } else if (qualifier === 'DR') {
      group = coded(own('drg'), code);
    } else if (diagnosisType(qualifier) !== undefined) {
      found.push(diagnosisOf(each, found.length + 1));
    } else if (Object.hasOwn(procedures, qualifier)) {
      done.push(procedureOf(each, done.length + 1, conversion));
    } else if (Object.hasOwn(billing, qualifier)) {
      facts.add('info', billingFact(each, conversion));
    } else {
      facts.text('health-code', qualifier, code);
    }
  }
  const first = found[0];
  if (group !== undefined && first !== undefined) first['packageCode'] = group;
  else if (group !== undefined) facts.add('info', { code: group });
  if (found.length > 0) claim['diagnosis'] = found;
  if (done.length > 0) claim['procedure'] = done;
  return found.length;
}

function* codesOf(loop: Loop): Generator<Code> {
  for (const segment of loop.all('HI')) {
    for (let at = 1; at < segment.elements.length; at++) {
      if (!segment.has(at)) continue;
      yield { segment, at, qualifier: segment.part(at, 1), code: segment.part(at, 2) };
    }
  }
}

const tenth = /^A(?=BK|BF|BJ|PR|BN)/;

function diagnosisType(qualifier: string): string | undefined {
  return diagnoses[qualifier.replace(tenth, '')];
}

function diagnosisOf({ segment, at, qualifier, code }: Code, sequence: number): Element {
  const isTenth = tenth.test(qualifier);
  const present = segment.part(at, 9);
  const onAdmission = present === '' ? undefined : coded(`${nubc}PresentOnAdmission`, present);
  const type = diagnosisType(qualifier) as string;
  const system = type === 'external' ? own('diagnosis-type') : `${terminology}ex-diagnosistype`;
  return {
    sequence,
    diagnosisCodeableConcept: coded(
      isTenth ? diagnosisSystems.tenth : diagnosisSystems.ninth,
      icdCode(code, isTenth),
    ),
    type: [coded(system, type)],
    ...(onAdmission !== undefined && { onAdmission }),
  };
}

function procedureOf(each: Code, sequence: number, conversion: Conversion): Element {
  const { segment, at, qualifier, code } = each;
  const isTenth = qualifier.startsWith('BB');
  const date = dateOf(each, conversion);
  segment.part(at, 3);
  return {
    sequence,
    type: [coded(`${terminology}ex-procedure-type`, procedures[qualifier] as string)],
    ...(date !== undefined && { date }),
    procedureCodeableConcept: coded(
      isTenth ? procedureSystems.tenth : procedureSystems.ninth,
      icdProcedure(code, isTenth),
    ),
  };
}

/** HI0n-3 and HI0n-4: a day or days. */
function dateOf({ segment, at }: Code, conversion: Conversion): string | undefined {
  return conversion.time(segment.part(at, 4), `2300/HI-${at}`);
}

function billingFact(each: Code, conversion: Conversion): Element {
  const { segment, at, qualifier, code } = each;
  const said: Element = { code: coded(nubc + (billing[qualifier] as string), code) };
  segment.part(at, 3);
  const [from = '', to] = segment.part(at, 4).split('-');
  const start = conversion.time(from, `2300/HI-${at}`);
  const end = to === undefined ? start : conversion.time(to, `2300/HI-${at}`);
  Object.assign(said, timing('timing', start === undefined ? undefined : { start, end }));
  const value = decimalOf(segment.part(at, 5));
  if (value !== undefined) said['valueQuantity'] = { value };
  return said;
}
