import { exitCodes, HandoverError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { FhirConfiguration } from './configuration.ts';

/** What a server says of one resource type. */
export interface TypeCapability {
  /** Codes of its interactions: `read`, `update`, `search-type` … */
  does: ReadonlySet<string>;
  /** PUT to an id of our choice creates. */
  takesIds: boolean;
  /** POST with `If-None-Exist` creates only what is not there. */
  createsOnce: boolean;
  search: boolean;
  /** It can be searched by `identifier`, as it tells or where it tells of no parameter at all. */
  identifiable: boolean;
  /** It numbers versions, so that `If-Match` means something. */
  versions: boolean;
}

/** What the connector needs to know of a server, from its CapabilityStatement. */
export interface ServerCapability {
  types: ReadonlyMap<string, TypeCapability>;
  transaction: boolean;
  batch: boolean;
}

/** Read a CapabilityStatement (FHIR R4). @throws HandoverError `target-not-r4`. */
export function readCapability(
  statement: JsonObject,
  ids: FhirConfiguration['ids'],
): ServerCapability {
  const { fhirVersion } = statement;
  if (typeof fhirVersion !== 'string' || !fhirVersion.startsWith('4.0')) throw notR4();
  const server = objectsIn(statement['rest']).find(({ mode }) => mode === 'server');
  if (server === undefined) throw notR4();
  const types = new Map(
    objectsIn(server['resource']).map((resource) => [
      typeof resource['type'] === 'string' ? resource['type'] : '',
      typeCapability(resource, ids),
    ]),
  );
  const does = codesIn(server['interaction']);
  const transaction = does.has('transaction');
  // Who has transactions has batches, whether he says so or not; it shows at the first one.
  return { types, transaction, batch: transaction || does.has('batch') };
}

/** @throws HandoverError `target-assigns-ids` when no type lets the client choose ids. */
export function requireIds({ types }: ServerCapability): void {
  if (![...types.values()].some(({ takesIds }) => takesIds)) throw assignsIds();
}

function typeCapability(resource: JsonObject, ids: FhirConfiguration['ids']): TypeCapability {
  const does = codesIn(resource['interaction']);
  const told = resource['updateCreate'] === true;
  const parameters = objectsIn(resource['searchParam']);
  return {
    does,
    takesIds: (ids === 'client' || (ids === 'told' && told)) && does.has('update'),
    createsOnce: resource['conditionalCreate'] === true && does.has('create'),
    search: does.has('search-type'),
    identifiable: parameters.length === 0 || parameters.some(({ name }) => name === 'identifier'),
    versions: resource['versioning'] !== 'no-version',
  };
}

function codesIn(interactions: Json | undefined): Set<string> {
  const codes = objectsIn(interactions).map(({ code }) => code);
  return new Set(codes.filter((one) => typeof one === 'string'));
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function notR4(): HandoverError {
  return new HandoverError('target-not-r4', 'The target is no FHIR R4 server.', {
    exitCode: exitCodes.planInvalid,
    next: 'Give `url` the base address under which the server has R4 (4.0.1). Nothing was sent.',
  });
}

function assignsIds(): HandoverError {
  return new HandoverError(
    'target-assigns-ids',
    'The target does not tell that it takes ids of the client’s choice.',
    {
      exitCode: exitCodes.planInvalid,
      next: 'If it takes them without telling so, say `ids: client`; if it gives its own, `ids: server`; else let it allow "update as create". Nothing was sent.',
    },
  );
}
