import { isUnit } from '../../../fhirpath/ucum.ts';

/** Code systems whose codes are told by their form, by url. */
const grammars: Readonly<Record<string, (code: string) => boolean>> = {
  'http://unitsofmeasure.org': isUnit,
  'urn:ietf:bcp:47': isLanguage,
  'urn:ietf:bcp:13': isMediaType,
  'http://www.rfc-editor.org/bcp/bcp13.txt': isMediaType,
  'urn:ietf:rfc:3986': (code) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(code),
  'urn:iso:std:iso:3166': (code) => /^[A-Z]{2,3}$|^\d{3}$/.test(code),
};

/** The test for the codes of such a system. */
export function grammarOf(system: string): ((code: string) => boolean) | undefined {
  return Object.hasOwn(grammars, system) ? grammars[system] : undefined;
}

/** Subtags in the order and form of BCP 47 (RFC 5646 §2.1). */
const language =
  /^(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?|x(?:-[a-z\d]{1,8})+)$/i;

export function isLanguage(code: string): boolean {
  return code.length <= 100 && language.test(code);
}

/** `type/subtype` with parameters (RFC 6838 §4.2, RFC 2045 §5.1). */
const mediaType =
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9*][a-z0-9!#$&^_.+-]{0,126}(?:\s*;\s*[a-z0-9!#$&^_.+-]+=(?:"[^"]*"|[^\s";]+))*$/i;

export function isMediaType(code: string): boolean {
  return code.length <= 500 && mediaType.test(code);
}
