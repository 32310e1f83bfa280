import { canonicalJson, isJsonObject, parseJson } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Stored } from '../model/target.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { etagOf, isPresent } from './bundleText.ts';
import type { Present } from './bundleText.ts';
import { operationOf } from './operations.ts';
import type { Operation } from './operations.ts';
import { perform } from './perform.ts';
import type { Done, OperationEntry } from './perform.ts';
import { HttpProblem, notFound } from './problem.ts';
import { objectOf, readJson, shownResource } from './resourceText.ts';

const mostEntries = 10_000;

/** `POST /`: a transaction, all or nothing, or a batch, each entry for itself (FHIR R4, http). */
export async function bundle(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const body = readJson(request.body);
  const entries = body['entry'] ?? [];
  if (body['resourceType'] !== 'Bundle' || !Array.isArray(entries)) {
    throw new HttpProblem(400, 'invalid', 'The body is not a Bundle.');
  }
  if (entries.length > mostEntries) {
    throw new HttpProblem(413, 'too-long', `A Bundle may have ${mostEntries} entries.`);
  }
  if (body['type'] === 'transaction') return transaction(parts, request, entries);
  if (body['type'] === 'batch') return batch(parts, request, entries);
  throw new HttpProblem(400, 'not-supported', 'The Bundle is neither a transaction nor a batch.');
}

async function transaction(
  parts: ServerParts,
  request: FhirRequest,
  entries: readonly Json[],
): Promise<Answer> {
  const operations = entries.map(entryOf);
  const done = await parts.store.transaction((unit) =>
    perform(parts, unit, request.base, operations),
  );
  return responseBundle('transaction-response', done.map(entryText));
}

async function batch(
  parts: ServerParts,
  request: FhirRequest,
  entries: readonly Json[],
): Promise<Answer> {
  const reads = entries.map(readIn).filter((one) => one !== undefined);
  if (reads.length > 1 && reads.length === entries.length) return together(parts, reads);
  const responses: JsonObject[] = [];
  for (const entry of entries) responses.push(await alone(parts, request, entry));
  return responseBundle('batch-response', responses);
}

type Read = Operation & { kind: 'read' };

/** What an entry reads; undefined when it does anything else or cannot be understood. */
function readIn(entry: Json): Read | undefined {
  try {
    const { operation } = entryOf(entry);
    return operation.kind === 'read' ? operation : undefined;
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

/** A batch that only reads is looked up as one: a hundred reads cost little more than one. */
async function together(parts: ServerParts, reads: readonly Read[]): Promise<Answer> {
  const heads = await parts.store.fetch(reads, 'head', new AbortController().signal);
  const present = heads.filter(({ state }) => state === 'present');
  const found = new Map<string, Present>();
  for (const [type, some] of Map.groupBy(present, (head) => head.type)) {
    const ids = some.map(({ id }) => id);
    const versions = await parts.store.search({ type, ids, count: ids.length });
    for (const one of versions.filter(isPresent)) found.set(`${type}/${one.id}`, one);
  }
  const entries = reads.map(({ type, id }, at) => {
    const version = found.get(`${type}/${id}`);
    if (version === undefined) return problemText(absence(heads[at]));
    return entryText({ status: 200, version, resource: shownResource(version) });
  });
  const answer = responseBundle('batch-response', entries);
  return { ...answer, disclosed: { action: 'read', seen: [...found.values()] } };
}

/** 410 with the version of the removal, as a read of it alone answers, or 404. */
function absence(head: Stored | undefined): HttpProblem {
  if (head?.state !== 'removed') return notFound();
  const headers = { etag: etagOf(head.version) };
  return new HttpProblem(410, 'deleted', 'The resource was deleted.', headers);
}

async function alone(parts: ServerParts, request: FhirRequest, entry: Json): Promise<JsonObject> {
  try {
    const operation = entryOf(entry);
    const [done] = await parts.store.transaction((unit) =>
      perform(parts, unit, request.base, [operation]),
    );
    return entryText(done as Done);
  } catch (error) {
    // A broken store or audit log is no property of one entry.
    if (!(error instanceof HttpProblem)) throw error;
    return problemText(error);
  }
}

function problemText(problem: HttpProblem): JsonObject {
  const { etag } = problem.headers;
  const outcome = parseJson(problem.outcome());
  return objectOf({ response: objectOf({ status: String(problem.status), etag, outcome }) });
}

function entryOf(entry: Json): OperationEntry {
  const request = isJsonObject(entry) ? entry['request'] : undefined;
  if (!isJsonObject(entry) || !isJsonObject(request)) {
    throw new HttpProblem(400, 'invalid', 'An entry of the Bundle has no request.');
  }
  const url = textOf(request['url']) ?? '';
  const [path = '', query = ''] = url.split('?', 2);
  const [type = '', id = '', ...more] = path.split('/');
  if (more.length > 0) {
    throw new HttpProblem(400, 'not-supported', 'An entry’s url must be Type, Type/id or Type?….');
  }
  const operation = operationOf({
    method: textOf(request['method']) ?? '',
    type,
    id,
    query,
    resource: isJsonObject(entry['resource']) ? entry['resource'] : undefined,
    ifMatch: textOf(request['ifMatch']),
    ifNoneMatch: textOf(request['ifNoneMatch']),
    ifNoneExist: textOf(request['ifNoneExist']),
  });
  return { operation, fullUrl: textOf(entry['fullUrl']) ?? '' };
}

function entryText({ status, version, resource }: Done): JsonObject {
  const response = objectOf({
    status: String(status),
    location:
      version === undefined
        ? undefined
        : `${version.type}/${version.id}/_history/${version.version}`,
    etag: version === undefined ? undefined : etagOf(version.version),
    lastModified: version?.updated.toISOString(),
  });
  return objectOf({ resource, response });
}

function responseBundle(type: string, entry: JsonObject[]): Answer {
  return {
    status: 200,
    body: canonicalJson(objectOf({ resourceType: 'Bundle', type, entry })),
    disclosed: { action: 'transaction', seen: [] },
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
