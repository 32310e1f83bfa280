import { isJsonObject, JsonSyntaxError, parseJson } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Receipt, Write } from '../../model/target.ts';
import type { ServerCapability } from './capability.ts';
import type { Seen } from './reader.ts';

/** What a FHIR server can be asked to do. */
export type PlainWrite = Write & { kind: 'put' | 'remove' };

/** A write that is to be sent. */
export interface Order {
  place: number;
  write: PlainWrite;
  /** The resource of a put, parsed. */
  resource: JsonObject | undefined;
  /** What we saw there when it was decided. */
  before: Seen;
  /** The server numbers versions of its type. */
  versioned: boolean;
}

/** What a decision rests on. */
export interface Deciding {
  capability: ServerCapability;
  /** Whose ids resources have at the server. */
  ids: 'client' | 'server';
  digest(data: Uint8Array): string;
}

/** Decide one write over what stands there: an order, or its receipt where nothing is to be sent. */
export function decide(
  deciding: Deciding,
  write: PlainWrite,
  before: Seen,
  place: number,
): Order | Receipt {
  const { capability, ids } = deciding;
  const able = capability.types.get(write.type);
  const resource = write.kind === 'put' ? described(write) : undefined;
  if (write.kind === 'put') {
    if (resource === undefined) return refused(write, 'body-invalid');
    const same = deciding.digest(write.body);
    const isSame = before.state === 'present' && [before.digest, before.bareDigest].includes(same);
    if (isSame) return unchanged(write, before);
    if (able === undefined) return refused(write, 'type-unsupported');
    if (ids === 'client' && !able.takesIds) return refused(write, 'type-assigns-ids');
    if (ids === 'server' && !able.createsOnce) return refused(write, 'type-creates-blindly');
  } else if (!isThere(before)) return unchanged(write, before);
  const version = before.state === 'absent' ? 0 : before.version;
  if (write.ifVersion !== undefined && write.ifVersion !== version) {
    return refused(write, 'version-differs');
  }
  return { place, write, resource, before, versioned: able?.versions === true };
}

/** Whether anything is there, if only without some of its links. */
export function isThere(before: Seen): boolean {
  return before.state === 'present' || before.unlinked === true;
}

/** The body, when it is the resource that the write names. */
function described({ type, id, body }: Write & { kind: 'put' }): JsonObject | undefined {
  try {
    const resource = parseJson(body.toString());
    if (!isJsonObject(resource)) return undefined;
    return resource['resourceType'] === type && resource['id'] === id ? resource : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function unchanged({ type, id }: Write, seen: Seen): Receipt {
  const version = seen.state === 'absent' ? 0 : seen.version;
  const digest = seen.state === 'present' ? seen.digest : '';
  return { type, id, state: 'delivered', version, digest, unchanged: true };
}

export function refused({ type, id }: Write, code: string): Receipt {
  return { type, id, state: 'refused', code };
}
