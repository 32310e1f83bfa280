import { uuid7 } from '../base/id.ts';
import { canonicalJson, type JsonObject } from '../base/json.ts';
import { parseCanonical } from '../base/quickJson.ts';
import { tokenOf } from '../keys/stableId.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { repeatedAmong } from '../ledger/repeatedKeys.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import { join, referencesIn, tell, toldResource, type Telling } from '../mapping/telling.ts';
import type { Draft, RecordOutcome } from '../model/draft.ts';
import type { RecordBatch } from '../model/record.ts';
import type { Related } from '../model/related.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { Queries } from '../store/session.ts';
import { idToken } from './idToken.ts';
import { keepMapped } from './mappedBatches.ts';
import type { Attempts } from './phases/work.ts';
import { giveOutcomes } from './repeatedKeys.ts';
import {
  gatherTellings,
  joinTold,
  placeOfText,
  placeText,
  readTellings,
  tellingTime,
  type TellingServices,
  type Told,
} from './tellings.ts';

type Mappings = ReadonlyMap<string, CompiledMapping>;

/**
 * Have the records of mappings by a standard tell what they know, before any of them is drafted.
 * `keep`: what they are mapped to is kept for the drafts.
 */
export async function gatherDrafts(
  services: TellingServices & Attempts,
  run: string,
  mappings: Mappings,
  keep: boolean,
): Promise<void> {
  const telling = [...mappings].filter(([, mapping]) => mapping.tells);
  const readers = new Map(telling.map(([stream, { digest }]) => [stream, digest]));
  await gatherTellings<null>(services, run, {
    kind: 'record',
    readers,
    continues: false,
    join: () => null,
    tell: async (batch, placeOf) => {
      const tokens = recordTokens(services.key, batch);
      const repeated = await repeatedAmong(services.database, run, batch.stream, tokens);
      const told = new Map<string, Told<null>>();
      for (const [ordinal, token] of tokens.entries()) {
        const name = token.toString('hex');
        if (!repeated.has(name) || told.has(name)) continue;
        const first = placeText({ stream: batch.stream, ...placeOf(ordinal) });
        told.set(name, { first, telling: null });
      }
      return { told };
    },
  });
  await gatherTellings<Telling>(services, run, {
    kind: 'draft',
    readers,
    continues: true,
    join,
    tell: async (batch, placeOf, key) => {
      const mapping = mappings.get(batch.stream) as CompiledMapping;
      const made = mapping.map(batch);
      const told = tellingsIn(run, batch.stream, made, placeOf);
      if (!keep) return { told };
      const attempt = uuid7(services.clock, services.random);
      const mapped = await keepMapped(services.parcels, key, attempt, mapping, made);
      return { told, ...(mapped && { mapped }) };
    },
  });
}

function tellingsIn(
  run: string,
  stream: string,
  { drafts, bodies, told }: PackedMappedBatch,
  placeOf: Related['placeOf'],
): Map<string, Told<Telling>> {
  const tellings = new Map<string, Told<Telling>>();
  for (const [at, { type, id, from }] of drafts.entries()) {
    if (told?.own.has(`${type}/${id}`)) continue;
    const [ordinal = 0] = from;
    const place = { stream, ...placeOf(ordinal) };
    const body = parseCanonical(itemAt(bodies, at).toString('utf8')) as JsonObject;
    const time = tellingTime(told?.moments[ordinal] ?? '', run, place);
    const one = { first: placeText(place), telling: tell(body, time, told?.takenBack.get(at)) };
    const token = idToken(id).toString('hex');
    const before = tellings.get(token);
    tellings.set(token, before === undefined ? one : joinTold(before, one, { join }));
  }
  return tellings;
}

/**
 * What the records of a batch become once all have told: the draft of a thing that several tell of
 * stands where the first of them does, and says what each part of it was told last; the others took
 * part in it. The same message sent twice is one message.
 */
export async function takeTellings(
  { database, key }: { database: Queries; key: ProjectKey },
  { run, stream }: Pick<BatchKey, 'run' | 'stream'>,
  records: RecordBatch,
  mapped: PackedMappedBatch,
  placeOf: Related['placeOf'],
): Promise<PackedMappedBatch> {
  const places = records.keys.map((_, ordinal) => placeText({ stream, ...placeOf(ordinal) }));
  const tokens = recordTokens(key, records).map((token) => token.toString('hex'));
  const firsts = await readTellings<null>(database, key, run, 'record', tokens);
  const again: RecordOutcome = { state: 'excluded', reason: 'record-repeated' };
  const repeated = places.flatMap((place, ordinal) => {
    const first = firsts.get(tokens[ordinal] as string)?.first;
    return first === undefined || first === place ? [] : [[ordinal, again] as const];
  });
  const once = giveOutcomes(mapped, new Map(repeated));
  const shared = once.drafts.filter(({ type, id }) => !once.told?.own.has(`${type}/${id}`));
  const ids = [...new Set(shared.map(({ id }) => idToken(id).toString('hex')))];
  const tellings = await readTellings<Telling>(database, key, run, 'draft', ids);
  const drafts: Draft[] = [];
  const seen = new Set<string>();
  const bodies: Buffer[] = [];
  const partOf: NonNullable<PackedMappedBatch['partOf']>[number][] = [];
  for (const [at, draft] of once.drafts.entries()) {
    const [ordinal = 0] = draft.from;
    const told = tellings.get(idToken(draft.id).toString('hex'));
    if (told?.first !== undefined && told.first !== places[ordinal]) {
      partOf.push({ ordinal, into: placeOfText(told.first) });
      continue;
    }
    // One record may tell of a thing in several of its parts.
    if (told !== undefined && seen.has(draft.id)) continue;
    seen.add(draft.id);
    const { made, body } = told === undefined ? asItIs(once, at) : fromTelling(draft, told.telling);
    drafts.push(made);
    bodies.push(body);
  }
  return { ...once, drafts, bodies: packItems(bodies), partOf };
}

function asItIs({ drafts, bodies }: PackedMappedBatch, at: number): { made: Draft; body: Buffer } {
  return { made: drafts[at] as Draft, body: itemAt(bodies, at) };
}

function fromTelling(draft: Draft, telling: Telling): { made: Draft; body: Buffer } {
  const resource = toldResource(telling, draft.id);
  const body = canonicalJson(resource);
  const { type, id, from } = draft;
  const made = { type, id, from, references: referencesIn(resource), body };
  return { made, body: Buffer.from(body) };
}

function recordTokens(key: ProjectKey, { stream, keys }: RecordBatch): Buffer[] {
  return keys.map((text) => Buffer.from(tokenOf(key.tag(stream, text))));
}
