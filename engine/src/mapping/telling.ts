import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { whoPart } from './toldPeople.ts';

/**
 * What documents told of one resource so far: each part of it as it was told last. When a part was
 * told is a text that compares: the time of the message, and then how it arrived.
 */
export type Telling = {
  type: string;
  parts: { [part: string]: TellingPart };
};

export type TellingPart = {
  at: string;
  /** Its place in a list that several documents tell of, with as many digits as any has. */
  index: string;
  /** Members of the resource that make the part; of a list, its one item. */
  members: JsonObject;
};

/** What a document takes back: an element, or of a list those items that are of the item's kind. */
export interface TakenBack {
  /** `birthDate`, `hospitalization.dietPreference`, `extension`. */
  element: string;
  item?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Types whose messages say what they know of the thing at that moment and leave out the rest: what a
 * message does not say stays as it was told. Everything else (a result, an allergy, a charge) is said
 * whole, and a newer statement takes the place of the older one.
 */
const toldInParts: ReadonlySet<string> = new Set([
  'Account',
  'Device',
  'Encounter',
  'EpisodeOfCare',
  'Location',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'ServiceRequest',
  'Specimen',
]);

/** Lists that no message takes anything out of by leaving it out, and what tells their items apart. */
const gathered: Readonly<Record<string, (item: JsonObject) => string>> = {
  identifier: ({ system = '', value = '' }) => canonicalJson([system, value]),
  link: ({ type = '', other = '' }) => canonicalJson([type, other]),
};

/** Lists that several fields of a message fill: each kind of item is told, and taken back, apart. */
const kinds: Readonly<Record<string, (item: Readonly<Record<string, unknown>>) => string>> = {
  extension: ({ url }) => String(url),
  telecom: ({ use }) => (use === 'work' ? 'work' : ''),
  participant: ({ type }) => codeOf((type as readonly unknown[] | undefined)?.[0]),
};

function codeOf(concept: unknown): string {
  const [coding] = (concept as { coding?: readonly { code?: string }[] } | undefined)?.coding ?? [];
  return coding?.code ?? '';
}

/** Elements whose members several fields of a message fill. */
const split: ReadonlySet<string> = new Set(['hospitalization']);

/** That somebody died, without when: it takes nothing away from a date that is known. */
const died = 'deceased yes';

/** Elements with a choice of types: one of them takes the place of another. */
const choices = ['deceased', 'multipleBirth', 'occurrence', 'quantity', 'asNeeded'];

const alone = '0000';

/** The part that stands for all of a resource that is said whole. */
const whole = '';

/** What one document tells of a resource, and what it takes back of it. */
export function tell(body: JsonObject, at: string, takenBack: readonly TakenBack[] = []): Telling {
  const { resourceType, id: _id, ...elements } = body;
  const type = resourceType as string;
  const telling: Telling = { type, parts: {} };
  if (!toldInParts.has(type)) {
    telling.parts[whole] = { at, index: alone, members: elements };
    return telling;
  }
  for (const [name, value] of Object.entries(elements)) {
    const itemKey = gathered[name];
    const kindOf = kinds[name];
    if (itemKey !== undefined && Array.isArray(value)) {
      value.forEach((item, index) => {
        const own = isJsonObject(item) ? itemKey(item) : canonicalJson(item);
        telling.parts[`${name} ${own}`] ??= {
          at,
          index: place(index),
          members: { [name]: item },
        };
      });
    } else if (kindOf !== undefined && Array.isArray(value)) {
      const groups = Map.groupBy(value, (item) => (isJsonObject(item) ? kindOf(item) : ''));
      let index = 0;
      for (const [kind, items] of groups) {
        const members = { [name]: items };
        telling.parts[`${name} ${kind}`] = { at, index: place(index++), members };
      }
    } else if (isPeriod(value) || (split.has(name) && isJsonObject(value))) {
      for (const [end, time] of Object.entries(value)) {
        telling.parts[`${name}.${end}`] = {
          at,
          index: alone,
          members: { [name]: { [end]: time } },
        };
      }
    } else {
      const told = name === 'deceasedBoolean' && value === true ? died : partOf(name);
      const part = (telling.parts[told] ??= { at, index: alone, members: {} });
      part.members[name] = value;
    }
  }
  const said = type === 'Patient' ? whoPart(body) : undefined;
  if (said !== undefined) telling.parts[said] = { at, index: alone, members: {} };
  for (const one of takenBack) {
    const name = nameOfTakenBack(one);
    // What it says besides of the same is what holds.
    if (name !== undefined) telling.parts[name] ??= { at, index: alone, members: {} };
  }
  return telling;
}

/** Whether that can be taken back: an identifier only by the system that it is of. */
export function canTakeBack(one: TakenBack): boolean {
  return nameOfTakenBack(one) !== undefined;
}

function nameOfTakenBack({ element, item = {} }: TakenBack): string | undefined {
  if (gathered[element] !== undefined) {
    const { system } = item;
    return typeof system === 'string' ? `${without}${element} ${system}` : undefined;
  }
  const kindOf = kinds[element];
  if (kindOf !== undefined) return `${element} ${kindOf(item)}`;
  return element.includes('.') ? element : partOf(element);
}

/** Before the name of a list and a system: its items of that system were taken back. */
const without = 'without ';

const place = (index: number): string => String(index).padStart(4, '0');

/** Both together: of each part what was told last. The order in which they are joined does not matter. */
export function join(one: Telling, other: Telling): Telling {
  const parts = { ...partsOf(one) };
  for (const [name, part] of Object.entries(partsOf(other))) {
    const known = parts[name];
    if (known === undefined || known.at < part.at) parts[name] = part;
  }
  return { type: one.type, parts };
}

/** Parts as they are told now: those of earlier runs may hold whole lists that are told by kind since. */
function partsOf({ type, parts }: Telling): Telling['parts'] {
  const former = Object.entries(parts).filter(([name]) => kinds[name] || split.has(name));
  if (former.length === 0 || !toldInParts.has(type)) return parts;
  const found = { ...parts };
  for (const [name, { at, members }] of former) {
    delete found[name];
    const told = tell({ resourceType: type, ...members }, at).parts;
    for (const [own, part] of Object.entries(told)) found[own] ??= part;
  }
  return found;
}

/** The resource as it was told; items of lists that several told of, the last told first. */
export function toldResource({ type, parts }: Telling, id: string): JsonObject {
  const body: JsonObject = { resourceType: type, id };
  const inParts = toldInParts.has(type);
  const lists = new Map<string, TellingPart[]>();
  const death = parts[died];
  const isDead = death !== undefined && !isOverruled(death, parts['deceased']);
  for (const [told, part] of Object.entries(parts)) {
    if (told === (isDead ? 'deceased' : died)) continue;
    for (const [name, value] of Object.entries(part.members)) {
      const before = body[name];
      if (inParts && gathered[name] !== undefined && !Array.isArray(value)) {
        if (!isTakenBack(name, value, part, parts))
          lists.set(name, [...(lists.get(name) ?? []), part]);
      } else if (inParts && kinds[name] !== undefined && Array.isArray(value)) {
        lists.set(name, [...(lists.get(name) ?? []), part]);
      } else if ((isPeriod(value) || split.has(name)) && isJsonObject(before)) {
        if (!isJsonObject(value)) continue;
        body[name] = { ...before, ...value };
      } else body[name] = value;
    }
  }
  for (const [name, items] of lists) {
    const ordered = items.toSorted((a, b) => {
      if (a.at !== b.at) return a.at < b.at ? 1 : -1;
      return a.index < b.index ? -1 : 1;
    });
    body[name] = ordered.flatMap(({ members }) => members[name] as Json);
  }
  return body;
}

/** A death is overruled by its date, and by anything else that was told later. */
function isOverruled({ at }: TellingPart, other: TellingPart | undefined): boolean {
  if (other === undefined) return false;
  return 'deceasedDateTime' in other.members || other.at > at;
}

function isTakenBack(
  name: string,
  item: Json,
  { at }: TellingPart,
  parts: Telling['parts'],
): boolean {
  const system = isJsonObject(item) ? item['system'] : undefined;
  const taken = typeof system === 'string' ? parts[`${without}${name} ${system}`] : undefined;
  return taken !== undefined && taken.at > at;
}

function partOf(name: string): string {
  const own = name.startsWith('_') ? name.slice(1) : name;
  return choices.find((choice) => own.startsWith(choice)) ?? own;
}

function isPeriod(value: Json | undefined): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => name === 'start' || name === 'end');
}

/** Every `Type/id` that a resource refers to, each once. */
export function referencesIn(body: Json): string[] {
  const found = new Set<string>();
  collect(body, found);
  return [...found];
}

function collect(value: Json, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (name === 'reference' && typeof member === 'string') {
        if (/^[A-Z][A-Za-z]+\/[0-9a-z]{26}$/.test(member)) found.add(member);
      } else collect(member, found);
    }
  }
}
