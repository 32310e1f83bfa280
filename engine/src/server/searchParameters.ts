import { dateElementOf } from '../connectors/embedded/dateElements.ts';
import { intervalOf } from '../connectors/embedded/fhirDate.ts';
import { referencedPatient } from '../connectors/embedded/indexEntry.ts';
import { isFhirId } from '../connectors/embedded/resourceTypes.ts';
import type { DateCondition, DatePrefix, SearchQuery } from '../connectors/embedded/search.ts';
import { HttpProblem } from './problem.ts';

const defaultCount = 50;
const highestCount = 1000;

/** Parameters whose values point at a person; they have no place in an address. */
const personal: ReadonlySet<string> = new Set(['identifier', 'patient']);

/** Whether an address carries what only a body may. */
export function namesPatient(parameters: URLSearchParams): boolean {
  return [...parameters.keys()].some((name) => personal.has(name.replace(/[:.].*$/, '')));
}

/**
 * Read search parameters (FHIR R4, search). What is not understood is refused, not left out: a search
 * with fewer conditions than asked for shows more than asked for.
 * @throws HttpProblem 400; its text names parameters of ours and no values.
 */
export function searchQueryOf(type: string, parameters: URLSearchParams): SearchQuery {
  const query: SearchQuery = { type, count: defaultCount };
  for (const name of new Set(parameters.keys())) {
    readParameter(query, name, parameters.getAll(name));
  }
  return query;
}

function readParameter(query: SearchQuery, name: string, values: readonly string[]): void {
  switch (name) {
    case '_format':
    case '_pretty':
      return;
    case '_count':
      query.count = countOf(single(name, values));
      return;
    case '_id':
      query.ids = alternatives(single(name, values)).filter(isFhirId);
      return;
    case 'identifier':
      query.identifiers = alternatives(single(name, values)).map(identifierOf);
      return;
    case 'patient':
      query.patient = patientOf(single(name, values));
      return;
    case '_lastUpdated':
      query.updated = values.map((value) => dateOf(name, value));
      return;
    default:
      if (name !== dateElementOf(query.type)?.parameter) throw unsupported(query.type);
      query.dates = values.map((value) => dateOf(name, value));
  }
}

function unsupported(type: string): HttpProblem {
  const names = ['_id', 'identifier', 'patient', '_lastUpdated', '_count'];
  const date = dateElementOf(type)?.parameter;
  const known = (date === undefined ? names : [...names, date]).join(', ');
  return new HttpProblem(400, 'not-supported', `${type} can be searched by: ${known}.`);
}

function single(name: string, values: readonly string[]): string {
  const [value, ...more] = values;
  if (value !== undefined && value !== '' && more.length === 0) return value;
  throw new HttpProblem(400, 'invalid', `The parameter ${name} must be given once, with a value.`);
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Math.min(Number(text), highestCount);
  throw new HttpProblem(400, 'invalid', 'The parameter _count must be a number from 1 on.');
}

/** Cut at commas that no backslash stands before (R4, search, §3.1.1.4.6). */
function alternatives(text: string): string[] {
  return text.split(/(?<!\\),/).map((part) => part.replaceAll('\\,', ','));
}

function identifierOf(text: string): { system?: string; value: string } {
  const parts = text.split(/(?<!\\)\|/).map((part) => part.replaceAll('\\|', '|'));
  const [first = '', second, ...more] = parts;
  const [system, value] = second === undefined ? [undefined, first] : [first, second];
  if (value === '' || more.length > 0) {
    throw new HttpProblem(400, 'invalid', 'An identifier is value, system|value or |value.');
  }
  return system === undefined ? { value } : { system, value };
}

function patientOf(text: string): string {
  const id = isFhirId(text) ? text : referencedPatient(text);
  if (isFhirId(id)) return id;
  throw new HttpProblem(400, 'invalid', 'The parameter patient must be an id or Patient/id.');
}

function dateOf(name: string, text: string): DateCondition {
  const [, prefix = 'eq', date = ''] = /^(eq|ne|lt|le|gt|ge|sa|eb|ap)?(.*)$/.exec(text) ?? [];
  const interval = intervalOf(date);
  if (interval !== undefined) return { prefix: prefix as DatePrefix, ...interval };
  throw new HttpProblem(400, 'invalid', `The parameter ${name} must be one date, with a prefix.`);
}
