import { canonicalJson, isJsonObject, parseJson } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { etagOf } from './bundleText.ts';
import { operationOf } from './operations.ts';
import { perform } from './perform.ts';
import type { Done, OperationEntry } from './perform.ts';
import { HttpProblem } from './problem.ts';
import { objectOf, readJson } from './resourceText.ts';

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
  const responses: JsonObject[] = [];
  for (const entry of entries) responses.push(await alone(parts, request, entry));
  return responseBundle('batch-response', responses);
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
    const outcome = parseJson(error.outcome());
    return objectOf({ response: objectOf({ status: String(error.status), outcome }) });
  }
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
