import { canonicalJson } from '../base/json.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { versionHeaders } from './bundleText.ts';
import { operationOf } from './operations.ts';
import type { Operation } from './operations.ts';
import { perform } from './perform.ts';
import type { Done } from './perform.ts';
import { HttpProblem } from './problem.ts';
import { readJson } from './resourceText.ts';
import { namesPatient } from './searchParameters.ts';

/** `POST /Type`, with `If-None-Exist` a conditional create */
export function create(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  return change(parts, request, 'POST', request.header('if-none-exist'));
}

/** `PUT /Type/id`, with `If-Match` only over that version */
export function update(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  return change(parts, request, 'PUT');
}

/** `PUT /Type?…`: the address may hold no patient's identifier unless the server allows it */
export async function conditionalUpdate(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  if (request.parameters.size === 0) {
    throw new HttpProblem(405, 'not-supported', 'PUT needs an id or a condition.');
  }
  if (namesPatient(request.parameters) && !parts.patientsInAddresses) {
    throw new HttpProblem(
      403,
      'security',
      'Identifiers and patients have no place in an address: use POST [type]/_search and then ' +
        'PUT [type]/[id], or a transaction Bundle.',
    );
  }
  return change(parts, request, 'PUT');
}

/** `DELETE /Type/id` */
export function remove(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  return change(parts, request, 'DELETE');
}

async function change(
  parts: ServerParts,
  request: FhirRequest,
  method: string,
  ifNoneExist?: string,
): Promise<Answer> {
  const operation = operationOf({
    method,
    type: request.type,
    id: request.id,
    query: request.parameters.toString(),
    resource: method === 'DELETE' ? undefined : readJson(request.body),
    ifMatch: request.header('if-match'),
    ifNoneMatch: request.header('if-none-match'),
    ifNoneExist,
  });
  const [done] = await parts.store.transaction((unit) =>
    perform(parts, unit, request.base, [{ operation, fullUrl: '' }]),
  );
  return answerOf(request, operation, done as Done);
}

function answerOf(
  { base, type }: FhirRequest,
  { kind }: Operation,
  { status, version, resource }: Done,
): Answer {
  const headers: Record<string, string> = version === undefined ? {} : versionHeaders(version);
  if (version !== undefined && (status === 201 || kind === 'create')) {
    headers['location'] = `${base}/${type}/${version.id}/_history/${version.version}`;
  }
  return {
    status,
    headers,
    ...(resource === undefined ? {} : { body: canonicalJson(resource) }),
    // `perform` has written it to the audit log, before the commit.
    disclosed: { action: 'read', seen: [] },
  };
}
