import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../../base/json.ts';
import type { KnownValue } from '../knownValues.ts';
import { nameFor } from './names.ts';
import type { Rules } from './rules.ts';
import { isTime, shifted, yearOf, yearsBetween } from './times.ts';
import { zip3 } from './zip3.ts';

/** What the values of one resource are judged with. */
export interface Surroundings {
  rules: Rules;
  /** Days by which its times move. */
  days: number;
  /** Values of its own fields, to be masked in its texts. */
  known: readonly KnownValue[];
}

/** A time under the rules; undefined where none may stay. */
export function timeUnder({ rules, days }: Surroundings, text: string): string | undefined {
  return rules.kind === 'safe-harbor' ? yearOf(text) : shifted(text, days);
}

/** A birth date: who is over 89 has none (164.514(b)(2)(i)(C)). */
export function birthUnder(around: Surroundings, text: string): string | undefined {
  if (!isTime(text) || yearsBetween(text, around.rules.today) > 89) return undefined;
  return timeUnder(around, text);
}

/** Free text is withheld, or what is found in it is masked by the name of its class. */
export function textUnder({ rules, known }: Surroundings, text: string): string | undefined {
  if (rules.masking === undefined) return undefined;
  let masked = '';
  let last = 0;
  for (const { kind, start, end } of rules.masking.find(text, known)) {
    masked += `${text.slice(last, start)}[${kind}]`;
    last = end;
  }
  return masked + text.slice(last);
}

/** `Patient/17` by its pseudonym; other addresses are withheld. */
export function referenceUnder(rules: Rules, text: string): string | undefined {
  if (text.startsWith('#')) return `#${rules.pseudonym('id', text.slice(1))}`;
  const match = /(?:^|\/)([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/.*)?$/.exec(text);
  if (match) return `${match[1]}/${idUnder(rules, match[1] as string, match[2] as string)}`;
  const uuid = /^urn:(?:uuid|oid):(.+)$/.exec(text);
  return uuid ? `urn:uuid:${uuidOf(rules.pseudonym('uuid', uuid[1] as string))}` : undefined;
}

export function idUnder(rules: Rules, type: string, id: string): string {
  return rules.pseudonym(`id ${type}`, id);
}

function uuidOf(pseudonym: string): string {
  const hex = Buffer.from(pseudonym).toString('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** State, country and three digits of a ZIP code; towns, counties and lines are withheld. */
export function addressUnder(address: JsonObject): JsonObject | undefined {
  const { country, state, postalCode, use, type } = address;
  const american =
    country === undefined ||
    (typeof country === 'string' && /^(?:us|usa|united states.*)$/i.test(country));
  const code = typeof postalCode === 'string' && american ? zip3(postalCode) : undefined;
  const kept: JsonObject = Object.create(null) as JsonObject;
  if (typeof use === 'string' && /^[a-z]+$/.test(use)) kept['use'] = use;
  if (typeof type === 'string' && /^[a-z]+$/.test(type)) kept['type'] = type;
  if (american && typeof state === 'string' && isState(state)) kept['state'] = state;
  if (code !== undefined) kept['postalCode'] = code;
  if (typeof country === 'string' && /^[A-Za-z]{2,3}$/.test(country)) kept['country'] = country;
  return Object.keys(kept).length === 0 ? undefined : kept;
}

const states = new Set(
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR VI GU AS MP'.split(
    ' ',
  ),
);
const longStates = new Set(
  'alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming'.split(
    '|',
  ),
);

/** Whether a text names a state of the United States and nothing else. */
export function isState(text: string): boolean {
  const trimmed = text.trim();
  return states.has(trimmed.toUpperCase()) || longStates.has(trimmed.toLowerCase());
}

/** A name for a name under `pseudonymised`; nothing under Safe Harbor. */
export function nameUnder(rules: Rules, name: JsonObject): JsonObject | undefined {
  if (rules.kind === 'safe-harbor') return undefined;
  const kept: JsonObject = Object.create(null) as JsonObject;
  const { use, family, given } = name;
  const key = Buffer.from(rules.pseudonym('names', ''));
  if (typeof use === 'string' && /^[a-z]+$/.test(use)) kept['use'] = use;
  if (typeof family === 'string') kept['family'] = nameFor(key, 'family', family);
  if (Array.isArray(given)) {
    const texts = given.filter((one) => typeof one === 'string');
    kept['given'] = texts.map((one) => nameFor(key, 'given', one));
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** An identifier by its pseudonym under `pseudonymised`; nothing under Safe Harbor. */
export function identifierUnder(rules: Rules, identifier: JsonObject): JsonObject | undefined {
  const { system, value } = identifier;
  if (rules.kind === 'safe-harbor' || typeof value !== 'string') return undefined;
  const domain = typeof system === 'string' ? system : '';
  const kept: JsonObject = Object.create(null) as JsonObject;
  kept['system'] = `urn:handover:pseudonym:${rules.pseudonym('system', domain).slice(0, 8)}`;
  kept['value'] = rules.pseudonym(`identifier ${domain}`, value);
  return kept;
}

/** An age over 89 is 90 or older. */
export function quantityUnder(quantity: JsonObject): JsonObject {
  const { value, code, unit } = quantity;
  const years = code === 'a' || /^years?$|^yrs?$/i.test(typeof unit === 'string' ? unit : '');
  const age = value instanceof JsonNumber ? Number(value.text) : Number.NaN;
  if (!years || !(age > 89)) return quantity;
  return { ...quantity, value: new JsonNumber('90'), comparator: '>=' };
}

/** Values of a resource's own names, numbers and addresses. */
export function knownOf(resource: JsonObject): KnownValue[] {
  const found: KnownValue[] = [];
  visit(resource, '', found);
  return found;
}

const kindByElement: Readonly<Record<string, KnownValue['kind']>> = {
  family: 'person',
  given: 'person',
  line: 'address',
  city: 'location',
  birthDate: 'date',
};

function visit(value: Json, element: string, found: KnownValue[]): void {
  if (Array.isArray(value)) for (const one of value) visit(one, element, found);
  else if (isJsonObject(value)) {
    const own = value['value'];
    if (typeof own === 'string' && /^(?:identifier|telecom)$/.test(element)) {
      found.push({ kind: element === 'telecom' ? 'phone' : 'recordNumber', value: own });
    }
    for (const [name, one] of Object.entries(value)) visit(one, name, found);
  } else if (typeof value === 'string') {
    const kind = kindByElement[element];
    if (kind) found.push({ kind, value });
  }
}
