const shape =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** Digits of a second that HL7's times have (v2 chapter 2A.3.22). */
const mostDigits = 4;

/**
 * FHIR's `date`, `dateTime` or `instant` as HL7 v2 (DTM) and CDA (TS) write it: with its own offset, and
 * no more precise than it was. Undefined where it is none.
 */
export function hl7Time(own: string): { text: string; isCut: boolean } | undefined {
  const found = shape.exec(own);
  if (found === null) return undefined;
  const [, year, month = '', day = '', hour, minute, second = '00', fraction = '', zone = ''] =
    found;
  const date = `${year}${month}${day}`;
  if (hour === undefined) return { text: date, isCut: false };
  const offset = zone === 'Z' ? '+0000' : zone.replace(':', '');
  const told = fraction.slice(0, mostDigits + 1);
  return { text: `${date}${hour}${minute}${second}${told}${offset}`, isCut: told !== fraction };
}
