import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { joined, labelled, worded } from './worded.ts';

/** A source item as a line of a document: what it is made of stands in one of these, in words. */
export interface ListedItem {
  /** As FHIR has it: `2021`, `2021-06-30`, an instant; empty where there is none. */
  date: string;
  name: string;
  value: string;
  status: string;
  /** Every other element. */
  details: string;
}

/** Elements in which R4 says when it was, the first that stands; of a Period both ends. */
const dates =
  'effective onset occurrence performed authoredOn recordedDate period start servicedDate servicedPeriod billablePeriod written created paymentDate date issued dateAsserted sent'.split(
    ' ',
  );
const names = 'code vaccineCode medication serviceType type class title description category'.split(
  ' ',
);
const statuses = 'status clinicalStatus verificationStatus doNotPerform statusReason'.split(' ');

/** Whose it is says the document; the rest is no content. */
const unsaid: ReadonlySet<string> = new Set(
  'resourceType id meta text implicitRules subject patient beneficiary'.split(' '),
);

/**
 * One line for a resource of any type. An element that is not the date, the name, the value or a status is
 * told among the details: nothing is left out but whose it is.
 */
export function listedItem(resource: JsonObject): ListedItem {
  const said = new Set(unsaid);
  const take = (element: string | undefined): Json | undefined => {
    if (element !== undefined) said.add(element);
    return element === undefined ? undefined : resource[element];
  };
  const date = worded(take(elementOf(resource, dates))).trim();
  const name = worded(take(elementOf(resource, names)));
  const value = joined(
    [worded(take(elementOf(resource, ['value']))), components(take('component'))],
    '; ',
  );
  const status = joined(
    statuses.map((each) => statusWords(each, take(each))),
    ', ',
  );
  const details = Object.entries(resource).map(([element, content]) => {
    return said.has(element) ? '' : labelled(element, worded(content));
  });
  return {
    date,
    name: name || worded(resource['resourceType']),
    value,
    status,
    details: joined(details, '; '),
  };
}

/** The name under which the first of these stands: `effective` is `effectiveDateTime` too. */
function elementOf(resource: JsonObject, wanted: readonly string[]): string | undefined {
  const held = Object.keys(resource);
  for (const name of wanted) {
    const choice = new RegExp(`^${name}([A-Z]\\w*)?$`);
    const found = Object.hasOwn(resource, name) ? name : held.find((each) => choice.test(each));
    if (found !== undefined && (isOpen.has(name) || found === name)) return found;
  }
  return undefined;
}

/** Elements of R4 that end with their type: `onset[x]`. */
const isOpen: ReadonlySet<string> = new Set(
  'effective onset occurrence performed value medication'.split(' '),
);

/** Systolic and diastolic: each with its name. */
function components(content: Json | undefined): string {
  const list = Array.isArray(content) ? content.filter(isJsonObject) : [];
  const words = list.map(({ code, ...rest }) => {
    const value = Object.entries(rest).map(([name, part]) => {
      return name.startsWith('value') ? worded(part) : labelled(name, worded(part));
    });
    return `${worded(code)}: ${joined(value, ', ')}`;
  });
  return joined(words, '; ');
}

/** A status of FHIR is a code that reads as a word; its coding needs no system here. */
function statusWords(element: string, content: Json | undefined): string {
  if (element === 'doNotPerform') return content === true ? 'not to be performed' : '';
  if (!isJsonObject(content)) return worded(content);
  const { text, coding, ...rest } = content;
  const codings = Array.isArray(coding) ? coding : [];
  const codes = codings.map((one) => worded(isJsonObject(one) ? (one['code'] ?? one) : one));
  const words = [worded(text), ...codes, ...(Object.keys(rest).length > 0 ? [worded(rest)] : [])];
  return joined([...new Set(words)], ' ');
}
