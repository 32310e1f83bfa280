import { exitCodes, HandoverError } from '../../base/errors.ts';
import { isJsonObject, JsonSyntaxError, parseJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Reply } from './exchange.ts';

const jsonType = /^application\/([a-z.-]+\+)?json\b/i;

/**
 * The JSON of an answer, with the digits of its numbers; undefined when it says that it is something
 * else (a login page), is cut short, or is not UTF-8.
 */
export function parsedAnswer({ headers, body }: Reply): Json | undefined {
  if (!jsonType.test(headers.get('content-type') ?? '')) return undefined;
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The resource of this type that an answer holds; undefined when it holds anything else. */
export function resourceIn(reply: Reply, type: string): JsonObject | undefined {
  const value = parsedAnswer(reply);
  return isJsonObject(value) && value['resourceType'] === type ? value : undefined;
}

/** One entry of a batch-response or transaction-response. */
export interface EntryAnswer {
  /** 0: the entry says nothing that can be read. */
  status: number;
  etag: string | undefined;
  location: string | undefined;
  outcome: Json | undefined;
  resource: JsonObject | undefined;
}

/**
 * The entries of a Bundle's answer, one per request in the same order (FHIR R4, http, 3.1.0.11.2);
 * undefined when it is no such answer or has another number of entries: then nothing can be told of
 * any of them.
 */
export function entryAnswers(
  reply: Reply,
  kind: 'batch' | 'transaction',
  count: number,
): EntryAnswer[] | undefined {
  const bundle = resourceIn(reply, 'Bundle');
  if (bundle?.['type'] !== `${kind}-response`) return undefined;
  const entries = bundle['entry'] ?? [];
  if (!Array.isArray(entries) || entries.length !== count) return undefined;
  return entries.map(entryAnswer);
}

function entryAnswer(entry: Json): EntryAnswer {
  const members = isJsonObject(entry) ? entry : {};
  const { response, resource } = members;
  const { status, etag, location, outcome } = isJsonObject(response) ? response : {};
  const given = isJsonObject(resource) ? resource : undefined;
  return {
    status: statusIn(status),
    etag: typeof etag === 'string' ? etag : undefined,
    location: typeof location === 'string' ? location : undefined,
    outcome: outcome ?? (given?.['resourceType'] === 'OperationOutcome' ? given : undefined),
    resource: given,
  };
}

/** `201 Created` (FHIR R4, Bundle.entry.response.status begins with the three digits). */
function statusIn(status: Json | undefined): number {
  const text = typeof status === 'string' ? status : '';
  return Number(/^([1-5]\d\d)\b/.exec(text)?.[1] ?? 0);
}

/** What a plain answer says, in the form of an entry. */
export function plainAnswer(reply: Reply): EntryAnswer {
  const value = parsedAnswer(reply);
  const resource = isJsonObject(value) ? value : undefined;
  return {
    status: reply.status,
    etag: reply.headers.get('etag') ?? undefined,
    location: reply.headers.get('location') ?? undefined,
    outcome: resource?.['resourceType'] === 'OperationOutcome' ? resource : undefined,
    resource,
  };
}

export function unreadable(what: string): HandoverError {
  return new HandoverError('answer-unreadable', `The target’s ${what} cannot be read.`, {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'Check that `url` of this target is the base address of a FHIR R4 server.',
  });
}
