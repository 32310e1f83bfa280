import type { JsonObject } from '../base/json.ts';
import { isFhirId, typeNumber } from '../connectors/embedded/resourceTypes.ts';
import { scopesAllow, type ScopeLetter, type SystemScope } from '../contract/scopes.ts';
import { notFound, HttpProblem } from './problem.ts';

/** What a request or an entry of a Bundle asks to be done with one type. */
export type Operation =
  | { kind: 'create'; type: string; resource: JsonObject; unless: string | undefined }
  | {
      kind: 'update';
      type: string;
      /** Empty: the one that `where` finds. */
      id: string;
      where: string;
      resource: JsonObject;
      /** 0: none may be there (`If-None-Match: *`, RFC 9110 §13.1.2). */
      ifVersion: number | undefined;
    }
  | { kind: 'delete'; type: string; id: string; ifVersion: number | undefined }
  | { kind: 'read'; type: string; id: string }
  | { kind: 'search'; type: string; where: string };

/** The parts of a Bundle entry's request, or of an HTTP request. */
export interface OperationRequest {
  method: string;
  type: string;
  id: string;
  query: string;
  resource: JsonObject | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifNoneExist: string | undefined;
}

/** @throws HttpProblem when it is none of the interactions that there are. */
export function operationOf(request: OperationRequest): Operation {
  const { method, type, id, query, resource } = request;
  if (typeNumber(type) === undefined || (id !== '' && !isFhirId(id))) throw notFound();
  const ifVersion = versionOf(request.ifMatch);
  if (method === 'GET') {
    return id === '' ? { kind: 'search', type, where: query } : { kind: 'read', type, id };
  }
  if (method === 'DELETE' && id !== '') return { kind: 'delete', type, id, ifVersion };
  if (resource === undefined) throw new HttpProblem(400, 'invalid', 'A resource is missing.');
  if (method === 'POST' && id === '') {
    return { kind: 'create', type, resource, unless: request.ifNoneExist };
  }
  if (method === 'PUT' && (id !== '' || query !== '')) {
    const ifNone = request.ifNoneMatch?.trim() === '*' ? 0 : undefined;
    return { kind: 'update', type, id, where: query, resource, ifVersion: ifNone ?? ifVersion };
  }
  throw new HttpProblem(405, 'not-supported', 'There is no such interaction.');
}

const lettersOf = { create: 'c', update: 'u', delete: 'd', read: 'r', search: 's' } as const;

/**
 * What a token must be for to have an operation done; a condition finds out what is there, so it is a
 * search too.
 * @throws HttpProblem 403
 */
export function requireScope(
  scopes: readonly SystemScope[] | undefined,
  operation: Operation,
): void {
  if (scopes === undefined) return;
  const { kind, type } = operation;
  const isConditional =
    (kind === 'create' && operation.unless !== undefined) ||
    (kind === 'update' && operation.id === '');
  const needed: ScopeLetter[] = [lettersOf[kind], ...(isConditional ? (['s'] as const) : [])];
  if (!scopesAllow(scopes, type, needed)) throw scopeMissing();
}

export function scopeMissing(): HttpProblem {
  return new HttpProblem(403, 'forbidden', 'The scopes of this token do not open this.', {
    'www-authenticate': 'Bearer realm="handover", error="insufficient_scope"',
  });
}

/** `W/"3"` or `"3"` (FHIR R4, http, "managing resource contention"). */
function versionOf(etag: string | undefined): number | undefined {
  if (etag === undefined) return undefined;
  const version = /^(?:W\/)?"([1-9]\d{0,8})"$/.exec(etag.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw new HttpProblem(400, 'invalid', 'If-Match must be the ETag of a version.');
}
