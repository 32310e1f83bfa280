import {
  canonicalJson,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from '../base/json.ts';
import type { Particulars } from '../linkage/overlay.ts';

/** Begins the name of a part that keeps who a message said a Patient is; it says nothing else. */
const who = 'who ';

/** The name of that part; undefined where the message does not say it. */
export function whoPart({ name, birthDate, gender, identifier }: JsonObject): string | undefined {
  const names = items(name);
  const used = names.find(({ use }) => use === 'official' || use === undefined) ?? names[0];
  const given = used?.['given'];
  const ssn = items(identifier).find(({ system }) => system === 'http://hl7.org/fhir/sid/us-ssn');
  const told = [used?.['family'], Array.isArray(given) ? given[0] : undefined, birthDate];
  if (told.every((one) => one === undefined)) return undefined;
  return who + canonicalJson([...told, gender, ssn?.['value']].map((one) => one ?? null));
}

/** Who messages said that a Patient is, each once, in the order in which it was said last. */
export function peopleTold({
  parts,
}: {
  parts: Readonly<Record<string, { at: string }>>;
}): Particulars[] {
  return Object.entries(parts)
    .filter(([part]) => part.startsWith(who))
    .toSorted(([, one], [, other]) => (one.at < other.at ? -1 : 1))
    .map(([part]): Particulars => {
      const told = parseJson(part.slice(who.length)) as readonly Json[];
      const [family, given, birthDate, sex, ssn] = told.map((one) =>
        typeof one === 'string' ? one : undefined,
      );
      return { family, given, birthDate, sex, ssn };
    });
}

function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}
