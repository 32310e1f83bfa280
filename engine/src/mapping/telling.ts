import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../base/json.ts';

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

/** Elements with a choice of types: one of them takes the place of another. */
const choices = ['deceased', 'multipleBirth', 'occurrence', 'quantity', 'asNeeded'];

const alone = '0000';

/** The part that stands for all of a resource that is said whole. */
const whole = '';

/** What one document tells of a resource. */
export function tell(body: JsonObject, at: string): Telling {
  const { resourceType, id: _id, ...elements } = body;
  const type = resourceType as string;
  const telling: Telling = { type, parts: {} };
  if (!toldInParts.has(type)) {
    telling.parts[whole] = { at, index: alone, members: elements };
    return telling;
  }
  for (const [name, value] of Object.entries(elements)) {
    const itemKey = gathered[name];
    if (itemKey !== undefined && Array.isArray(value)) {
      value.forEach((item, index) => {
        const own = isJsonObject(item) ? itemKey(item) : canonicalJson(item);
        telling.parts[`${name} ${own}`] ??= {
          at,
          index: String(index).padStart(4, '0'),
          members: { [name]: item },
        };
      });
    } else if (isPeriod(value)) {
      for (const [end, time] of Object.entries(value)) {
        telling.parts[`${name}.${end}`] = {
          at,
          index: alone,
          members: { [name]: { [end]: time } },
        };
      }
    } else {
      const part = (telling.parts[partOf(name)] ??= { at, index: alone, members: {} });
      part.members[name] = value;
    }
  }
  return telling;
}

/** Both together: of each part what was told last. The order in which they are joined does not matter. */
export function join(one: Telling, other: Telling): Telling {
  const parts = { ...one.parts };
  for (const [name, part] of Object.entries(other.parts)) {
    const known = parts[name];
    if (known === undefined || known.at < part.at) parts[name] = part;
  }
  return { type: one.type, parts };
}

/** The resource as it was told; items of lists that several told of, the last told first. */
export function toldResource({ type, parts }: Telling, id: string): JsonObject {
  const body: JsonObject = { resourceType: type, id };
  const inParts = toldInParts.has(type);
  const lists = new Map<string, TellingPart[]>();
  for (const part of Object.values(parts)) {
    for (const [name, value] of Object.entries(part.members)) {
      const before = body[name];
      if (inParts && gathered[name] !== undefined && !Array.isArray(value)) {
        lists.set(name, [...(lists.get(name) ?? []), part]);
      } else if (isPeriod(value) && isJsonObject(before)) {
        body[name] = { ...before, ...value };
      } else body[name] = value;
    }
  }
  for (const [name, items] of lists) {
    const ordered = items.toSorted((a, b) => {
      if (a.at !== b.at) return a.at < b.at ? 1 : -1;
      return a.index < b.index ? -1 : 1;
    });
    body[name] = ordered.map(({ members }) => members[name] as Json);
  }
  return body;
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
