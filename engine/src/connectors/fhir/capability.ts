import { exitCodes, HandoverError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { FhirConfiguration } from './configuration.ts';

/** What a server says of one resource type. */
interface TypeCapability {
  /** PUT to an id of our choice creates. */
  takesIds: boolean;
  search: boolean;
  /** It numbers versions, so that `If-Match` means something. */
  versions: boolean;
}

/** What the connector needs to know of a server, from its CapabilityStatement. */
export interface ServerCapability {
  types: ReadonlyMap<string, TypeCapability>;
  transaction: boolean;
  batch: boolean;
}

/**
 * Read a CapabilityStatement (FHIR R4).
 * @throws HandoverError `target-not-r4`; `target-assigns-ids` when no type lets the client choose ids.
 */
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
      typeCapability(resource, ids === 'client'),
    ]),
  );
  if (![...types.values()].some(({ takesIds }) => takesIds)) throw assignsIds();
  const does = codesIn(server['interaction']);
  const transaction = does.has('transaction');
  // Who has transactions has batches, whether he says so or not; it shows at the first one.
  return { types, transaction, batch: transaction || does.has('batch') };
}

function typeCapability(resource: JsonObject, declared: boolean): TypeCapability {
  const does = codesIn(resource['interaction']);
  return {
    takesIds: (declared || resource['updateCreate'] === true) && does.has('update'),
    search: does.has('search-type'),
    versions: resource['versioning'] !== 'no-version',
  };
}

function codesIn(interactions: Json | undefined): Set<Json | undefined> {
  return new Set(objectsIn(interactions).map(({ code }) => code));
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
      next: 'If it takes ids of the client without telling so, say `ids: client`; else let it allow "update as create". Nothing was sent.',
    },
  );
}
