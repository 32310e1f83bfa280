import type { Json, JsonObject } from '../base/json.ts';
import { isFhirId } from '../connectors/embedded/resourceTypes.ts';
import type { Unit } from '../connectors/embedded/unit.ts';
import type { Receipt, Write } from '../model/target.ts';
import { auditEvents } from './answer.ts';
import type { Seen, ServerParts } from './answer.ts';
import type { AuditAction } from '../audit/auditEvent.ts';
import { isPresent } from './bundleText.ts';
import type { Present } from './bundleText.ts';
import { requireScope, type Operation } from './operations.ts';
import { HttpProblem, notFound, versionConflict } from './problem.ts';
import { searchPage } from './reads.ts';
import { shownResource, storedText, withReferences } from './resourceText.ts';
import { searchQueryOf } from './searchParameters.ts';

/** What one operation came to. */
export interface Done {
  status: 200 | 201 | 204;
  /** Of a removal too; undefined for a search and where nothing was there to delete. */
  version: { type: string; id: string; version: number; updated: Date } | undefined;
  resource: Json | undefined;
}

/** An operation with what must be known before anything is written. */
interface Prepared {
  operation: Operation;
  /** Address of the entry in a Bundle, which references may use. */
  fullUrl: string;
  /** The id it will have; empty for a search. */
  id: string;
  /** A create that `unless` made unnecessary. */
  existing: Present | undefined;
  /** What is deleted, to know whom it is about. */
  former: Present | undefined;
}

export interface OperationEntry {
  operation: Operation;
  fullUrl: string;
}

/**
 * Do operations as one: deletes, creates, updates, then reads, as FHIR R4 orders a transaction. What
 * is changed or seen is in the audit log before the commit, so a log that cannot be written stops it.
 * @throws HttpProblem when one of them cannot be done; the caller rolls back.
 */
export async function perform(
  parts: ServerParts,
  unit: Unit,
  base: string,
  entries: readonly OperationEntry[],
): Promise<Done[]> {
  for (const { operation } of entries) requireScope(parts.scopes, operation);
  const prepared: Prepared[] = [];
  for (const entry of entries) prepared.push(await prepare(parts, unit, entry));
  refuseRepeats(prepared);
  const references = new Map<string, string>();
  for (const { fullUrl, operation, id } of prepared) {
    if (fullUrl !== '' && id !== '') references.set(fullUrl, `${operation.type}/${id}`);
  }
  const done: Done[] = Array.from({ length: prepared.length });
  const written = await writeAll(unit, prepared, references, done);
  const seen = [...written];
  for (const [at, one] of prepared.entries()) {
    const { kind } = one.operation;
    if (kind === 'read' || kind === 'search') {
      const { result, found } = await look(parts, unit, base, one.operation);
      done[at] = result;
      seen.push(...found);
    }
  }
  const action = actionOf(prepared.map(({ operation }) => operation));
  await parts.audit.record(auditEvents(parts, action, seen, 'attempted'));
  return done;
}

async function prepare(
  parts: ServerParts,
  unit: Unit,
  { operation, fullUrl }: OperationEntry,
): Promise<Prepared> {
  const plain = { operation, fullUrl, existing: undefined, former: undefined };
  switch (operation.kind) {
    case 'create': {
      const existing = await onlyMatch(unit, operation.type, operation.unless);
      return { ...plain, existing, id: existing?.id ?? newId(parts) };
    }
    case 'update':
      return { ...plain, id: await updatedId(parts, unit, operation) };
    case 'delete':
      return {
        ...plain,
        id: operation.id,
        former: await current(unit, operation.type, operation.id),
      };
    case 'read':
    case 'search':
      return { ...plain, id: '' };
  }
}

/** The id an update is about: the address's, the one match's, the resource's own, or a new one. */
async function updatedId(
  parts: ServerParts,
  unit: Unit,
  operation: Operation & { kind: 'update' },
): Promise<string> {
  const own = operation.resource['id'];
  const match =
    operation.id === ''
      ? (await onlyMatch(unit, operation.type, operation.where))?.id
      : operation.id;
  if (operation.id !== '' && own === undefined) {
    throw new HttpProblem(400, 'invalid', 'The resource lacks the id that is in the address.');
  }
  if (match !== undefined && own !== undefined && own !== match) {
    throw new HttpProblem(400, 'invalid', 'The resource has another id than the one addressed.');
  }
  if (match !== undefined) return match;
  if (own === undefined) return newId(parts);
  if (typeof own === 'string' && isFhirId(own)) return own;
  throw new HttpProblem(422, 'invalid', 'The id of the resource is not a FHIR id.');
}

/** The one resource that fits; others who look for the same wait until this transaction ends. */
async function onlyMatch(
  unit: Unit,
  type: string,
  where: string | undefined,
): Promise<Present | undefined> {
  if (where === undefined) return undefined;
  const query = searchQueryOf(type, new URLSearchParams(where.replace(/^.*\?/, '')));
  if (!(query.identifiers ?? query.ids ?? query.patient)) {
    throw new HttpProblem(412, 'invalid', 'A condition must name an identifier, id or patient.');
  }
  await unit.exclude(`${type}?${where}`);
  const [first, second] = (await unit.search({ ...query, count: 2 })).filter(isPresent);
  if (second === undefined) return first;
  throw new HttpProblem(412, 'multiple-matches', 'More than one resource fits the condition.');
}

async function current(unit: Unit, type: string, id: string): Promise<Present | undefined> {
  const [found] = (await unit.search({ type, ids: [id], count: 1 })).filter(isPresent);
  return found;
}

/** FHIR R4, http, transaction: a resource may be the object of one entry only. */
function refuseRepeats(prepared: readonly Prepared[]): void {
  const changed = new Set<string>();
  for (const { operation, id, existing } of prepared) {
    if (id === '' || existing !== undefined) continue;
    const key = `${operation.type}/${id}`;
    if (changed.has(key)) {
      throw new HttpProblem(400, 'invalid', 'Two entries change the same resource.');
    }
    changed.add(key);
  }
}

const order = ['delete', 'create', 'update'];

async function writeAll(
  unit: Unit,
  prepared: readonly Prepared[],
  references: ReadonlyMap<string, string>,
  done: Done[],
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const writes: { place: number; write: Write }[] = [];
  for (const [place, one] of prepared.entries()) {
    const { existing } = one;
    if (existing !== undefined) {
      done[place] = { status: 200, version: existing, resource: shownResource(existing) };
      seen.push(existing);
    } else {
      const write = writeOf(one, references);
      if (write !== undefined) writes.push({ place, write });
    }
  }
  const rank = (place: number): number => order.indexOf(prepared[place]?.operation.kind ?? '');
  writes.sort((a, b) => rank(a.place) - rank(b.place));
  const receipts = await unit.write(writes.map(({ write }) => write));
  for (const [at, { place, write }] of writes.entries()) {
    const result = await doneOf(unit, write, receipts[at] as Receipt);
    done[place] = result;
    const body = write.kind === 'put' ? write.body : prepared[place]?.former?.body;
    if (result.version !== undefined) seen.push({ type: write.type, id: write.id, body });
  }
  return seen;
}

function writeOf({ operation, id }: Prepared, references: ReadonlyMap<string, string>) {
  const { type } = operation;
  if (operation.kind === 'delete') {
    return withVersion({ kind: 'remove', type, id } as const, operation.ifVersion);
  }
  if (operation.kind === 'read' || operation.kind === 'search') return undefined;
  const resource =
    references.size === 0 ? operation.resource : withReferences(operation.resource, references);
  const body = storedText(resource as JsonObject, type, id);
  const put = { kind: 'put', type, id, body } as const;
  return withVersion(put, operation.kind === 'create' ? 0 : operation.ifVersion);
}

function withVersion(
  write: Write & { kind: 'put' | 'remove' },
  ifVersion: number | undefined,
): Write {
  return ifVersion === undefined ? write : { ...write, ifVersion };
}

async function doneOf(unit: Unit, write: Write, receipt: Receipt): Promise<Done> {
  if (receipt.state === 'refused') throw refusal(receipt.code);
  if (receipt.state !== 'delivered') {
    throw new HttpProblem(503, 'transient', 'The store is busy. Try again.');
  }
  const { type, id, version, unchanged } = receipt;
  if (write.kind !== 'put') {
    const removed = { type, id, version, updated: unit.now };
    return { status: 204, version: version === 0 ? undefined : removed, resource: undefined };
  }
  const stored = unchanged
    ? await current(unit, type, id)
    : { type, id, version, updated: unit.now, body: write.body };
  if (stored === undefined) throw notFound();
  return {
    status: version === 1 && !unchanged ? 201 : 200,
    version: stored,
    resource: shownResource(stored),
  };
}

function refusal(code: string): HttpProblem {
  if (code === 'version-differs') return versionConflict();
  return new HttpProblem(422, 'invalid', 'The resource cannot be stored.');
}

async function look(
  parts: ServerParts,
  unit: Unit,
  base: string,
  operation: Operation & { kind: 'read' | 'search' },
): Promise<{ result: Done; found: Present[] }> {
  if (operation.kind === 'read') {
    const found = await current(unit, operation.type, operation.id);
    if (found === undefined) throw notFound();
    return {
      result: { status: 200, version: found, resource: shownResource(found) },
      found: [found],
    };
  }
  const query = searchQueryOf(operation.type, new URLSearchParams(operation.where));
  const { bundle, found } = await searchPage(parts, base, query, (wanted) => unit.search(wanted));
  return { result: { status: 200, version: undefined, resource: bundle }, found };
}

function actionOf(operations: readonly Operation[]): AuditAction {
  const [only, ...more] = operations;
  return only === undefined || more.length > 0 ? 'transaction' : only.kind;
}

/** 160 random bits in base32: longer than the ids of what is loaded, so that it is never taken for that. */
function newId({ random }: ServerParts): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(random.bytes(32), (byte) => alphabet[byte & 31]).join('');
}
