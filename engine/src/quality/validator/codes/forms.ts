/**
 * Codes of terminologies that are published, of which the form alone tells some wrong ones: a check
 * digit was mistyped, a display stands where the code should be.
 */
const forms: Readonly<Record<string, (code: string) => boolean>> = {
  'http://loinc.org': isLoinc,
  'http://snomed.info/sct': isSnomed,
  'http://www.nlm.nih.gov/research/umls/rxnorm': (code) => /^\d{1,8}$/.test(code),
  'http://hl7.org/fhir/sid/cvx': (code) => /^\d{1,3}$/.test(code),
  'http://hl7.org/fhir/sid/icd-10-cm': (code) =>
    /^[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?(?:-[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?)?$/.test(code),
};

/** Whether a code can be one of its system; true where its form says nothing. */
export function hasForm(system: string, code: string): boolean {
  return !Object.hasOwn(forms, system) || forms[system]?.(code) === true;
}

/** Digits, a hyphen and a check digit by Luhn's rule; parts, answers and groups have prefixes. */
function isLoinc(code: string): boolean {
  const [, prefix, digits = '', check] = /^(L[ALPG])?(\d{1,7})-(\d)$/.exec(code) ?? [];
  if (check === undefined) return /^(?:MTHU|X_)/.test(code);
  if (prefix !== undefined) return true;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return (10 - (sum % 10)) % 10 === Number(check);
}

/** A concept id with its check digit (Verhoeff's), or an expression over such. */
function isSnomed(code: string): boolean {
  if (/^\d+$/.test(code)) return code.length >= 6 && code.length <= 18 && isVerhoeff(code);
  return /^\d{6,18}\s*[|:+]/.test(code) || /^(?:===|<<<)/.test(code);
}

const multiplication = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const permutation = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

function isVerhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const permuted = Number(permutation[at % 8]?.[digit]);
    check = Number(multiplication[check]?.[permuted]);
  }
  return check === 0;
}
