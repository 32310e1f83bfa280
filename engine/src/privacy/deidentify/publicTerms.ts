import { fhirType } from '../../fhirpath/model.ts';
import { wordBits, wordBitsOf } from '../gazetteer.ts';

/** Vocabularies and profiles that anyone may know, by the beginning of their address. */
const publicUris =
  /^(?:https?:\/\/(?:terminology\.hl7\.org|hl7\.org|www\.hl7\.org|loinc\.org|snomed\.info|unitsofmeasure\.org|www\.nlm\.nih\.gov\/research\/umls\/rxnorm|www\.ama-assn\.org\/go\/cpt|fdasis\.nlm\.nih\.gov|www\.whocc\.no\/atc|nucc\.org|www\.cms\.gov|id\.who\.int|www\.ada\.org|www\.cdc\.gov|dicom\.nema\.org)(?:\/[A-Za-z0-9._~-]{1,60}){0,8}\/?(?:\|[0-9.]{1,12})?|urn:oid:2\.16\.840\.1\.113883\.(?:5|6|12|3\.88)(?:\.\d{1,6}){1,8}|urn:iso:std:iso:(?:3166|4217)[a-z0-9:-]{0,12}|urn:ietf:bcp:(?:13|47))$/;

export function isPublicUri(text: string): boolean {
  return (
    text.length <= 200 && publicUris.test(text) && !/\d{5}/.test(text.replace(/^urn:oid:/, ''))
  );
}

/** The form of the codes of each vocabulary: what has another form is no code of it. */
const codeForms: readonly (readonly [RegExp, (code: string) => boolean])[] = [
  [/loinc\.org/, (code) => /^(?:L[ALP])?\d{1,7}-\d$/.test(code)],
  [/snomed\.info/, (code) => /^\d{6,18}$/.test(code) && passesVerhoeff(code)],
  [/rxnorm/, (code) => /^\d{1,7}$/.test(code)],
  [/icd-?9/, (code) => /^[EV]?\d{2,3}(?:\.\d{1,2})?$/.test(code)],
  [
    /icd|2\.16\.840\.1\.113883\.6\.(?:90|4)$/,
    (code) => /^[A-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?$/i.test(code),
  ],
  [/cpt/, (code) => /^\d{4}[\dA-Z]$/.test(code)],
  [/ndc/, (code) => /^\d{4,5}-?\d{3,4}-?\d{1,2}$/.test(code)],
  [/unitsofmeasure/, (code) => code.length <= 20 && !/\d{3}|\s/.test(code)],
  [/2\.16\.840\.1\.113883\.6\.238$/, (code) => /^\d{4}-\d$/.test(code)],
];

/** Whether `code` may be a code of the public vocabulary `system`. */
export function isPublicCode(system: string, code: string): boolean {
  const form = codeForms.find(([pattern]) => pattern.test(system));
  return form ? form[1](code) : isTerm(code);
}

/**
 * A code of one of the lists that HL7 keeps: everyday words (`final`, `in-progress`), short capitals
 * (`LA`), a type of resource. A name that stands where a code should is none of them.
 */
export function isTerm(code: string): boolean {
  if (code.length > 40) return false;
  if (/^[A-Z]{1,8}\d?$|^\d{1,3}$|^[<>]=?$/.test(code) || fhirType(code)?.kind === 'resource')
    return true;
  return /^[a-z]+(?:[-_.][a-z]+)*$/.test(code) && code.split(/[-_.]/).every(isTermWord);
}

/** A unit as people write it: a word of every day, or a few signs that are no name. */
export function isUnit(unit: string): boolean {
  if (isTerm(unit)) return true;
  const names = wordBits.given | wordBits.family;
  return (
    /^[^\s\d@]{1,8}$|^10[*^]\d\/[a-zA-Z]{1,3}$/.test(unit) &&
    (wordBitsOf(unit.toLowerCase()) & names) === 0
  );
}

/** Words of HL7's lists that are on no list of English ones. */
const otherWords = new Set(
  'triaged onleave nullified uninstalled searchset unsubstituted reentered'.split(' '),
);

function isTermWord(word: string): boolean {
  return word.length <= 3 || otherWords.has(word) || (wordBitsOf(word) & wordBits.word) !== 0;
}

/** Check digit of SNOMED CT identifiers (Verhoeff). */
function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    check = multiplied(check, permuted(at % 8, digit));
  }
  return check === 0;
}

const product =
  '0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210';
const permutation =
  '01234567891576283094580379641289160435279453126870428657390127938064157046913258';

function multiplied(left: number, right: number): number {
  return Number(product[left * 10 + right]);
}

function permuted(row: number, digit: number): number {
  return Number(permutation[row * 10 + digit]);
}

/** Extensions whose values are codes of public vocabularies. */
export const keptExtensions: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race',
  'http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity',
  'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex',
  'http://hl7.org/fhir/us/core/StructureDefinition/us-core-genderIdentity',
  'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
  'ombCategory',
]);
