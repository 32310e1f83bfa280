import { canonicalJson, parseJson, type JsonObject } from '../base/json.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import type { Draft } from '../model/draft.ts';
import type { Protection, Reach } from '../privacy/protection/protection.ts';
import { raise } from '../privacy/protection/raise.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { Queries } from '../store/session.ts';
import { idToken } from './idToken.ts';
import { gatherTellings, readTellings, type TellingServices, type Told } from './tellings.ts';

/** Maps the records of a batch whole, without its guards. */
type MapBatch = (
  mapping: CompiledMapping,
  ...batch: Parameters<Parameters<typeof gatherTellings<Reach[]>>[2]['tell']>
) => Promise<PackedMappedBatch>;

/**
 * Learn, before anything is mapped for good, what the resources of a run lay on others: a programme on
 * its visits, a promise on all of a patient. It stands under the token of what it is laid on, sealed.
 */
export async function gatherGuards(
  services: TellingServices,
  run: string,
  mappings: ReadonlyMap<string, CompiledMapping>,
  map: MapBatch,
): Promise<void> {
  const reaching = [...mappings].filter(([, mapping]) => mayReach(mapping));
  await gatherTellings<Reach[]>(services, run, {
    kind: 'guard',
    readers: new Map(reaching.map(([stream, { digest }]) => [stream, digest])),
    continues: true,
    join: (one, other) => [...new Set([...one, ...other])].toSorted(),
    tell: async (batch, placeOf, key) => {
      const mapping = mappings.get(batch.stream) as CompiledMapping;
      const mapped = await map(mapping, batch, placeOf, key);
      return { told: laidBy(mapping.protection as Protection, mapped) };
    },
  });
}

function mayReach({ protection, resources, tells }: CompiledMapping): boolean {
  if (protection === undefined || protection.reachesFrom.size === 0) return false;
  return tells || resources.some((name) => protection.reachesFrom.has(name.split('#', 1)[0] ?? ''));
}

function laidBy(
  protection: Protection,
  { drafts, bodies }: PackedMappedBatch,
): Map<string, Told<Reach[]>> {
  const told = new Map<string, Told<Reach[]>>();
  const lay = (id: string | undefined, reaches: readonly Reach[]): void => {
    if (id === undefined || reaches.length === 0) return;
    const token = idToken(id).toString('hex');
    const before = told.get(token)?.telling ?? [];
    told.set(token, { telling: [...new Set([...before, ...reaches])].toSorted() });
  };
  for (const [at, draft] of drafts.entries()) {
    const body = itemAt(bodies, at).toString('utf8');
    const { referring, subject } = protection.reaches(draft.type, body);
    lay(draft.id, referring);
    lay(patientOf(draft), subject);
  }
  return told;
}

function patientOf({ type, id, references }: Draft): string | undefined {
  if (type === 'Patient') return id;
  return references.find((one) => one.startsWith('Patient/'))?.slice('Patient/'.length);
}

/**
 * The drafts of a batch with their guards among their labels: those of what they say themselves and
 * those that reach them. A file (Binary) has those of what refers to it.
 */
export async function guardDrafts(
  { database, key }: { database: Queries; key: ProjectKey },
  run: string,
  protection: Protection,
  mapped: PackedMappedBatch,
): Promise<PackedMappedBatch> {
  const { drafts, bodies } = mapped;
  const reached =
    protection.reachesFrom.size > 0 ? await reachedBy(database, key, run, drafts) : undefined;
  const guards = drafts.map((draft, at) => {
    const own = protection.guards(draft.type, itemAt(bodies, at).toString('utf8'));
    return protection.joined(draft.type, own, reached?.(draft) ?? []);
  });
  handToFiles(drafts, guards);
  if (guards.every(({ length }) => length === 0)) return mapped;
  const raised = drafts.map((_, at): Buffer => {
    const body = itemAt(bodies, at);
    const own = guards[at] ?? [];
    return own.length === 0 ? body : Buffer.from(raisedText(body.toString('utf8'), own));
  });
  return {
    ...mapped,
    bodies: packItems(raised),
    drafts: drafts.map((draft, at) => guarded(draft, guards[at] ?? [], raised[at] as Buffer)),
  };
}

function guarded(draft: Draft, guards: readonly string[], body: Buffer): Draft {
  if (guards.length === 0) return draft;
  const { type, id, from, references, archived, objects } = draft;
  return {
    type,
    id,
    from,
    references,
    guards,
    body: body.toString('utf8'),
    ...(archived && { archived }),
    ...(objects && { objects }),
  };
}

function raisedText(body: string, guards: readonly string[]): string {
  return canonicalJson(raise(parseJson(body) as JsonObject, guards));
}

/** What was laid on a draft: on what it refers to, and on the patient that it is. */
async function reachedBy(
  database: Queries,
  key: ProjectKey,
  run: string,
  drafts: readonly Draft[],
): Promise<(draft: Draft) => Reach[]> {
  const tokens = new Map<string, string>();
  const tokenOf = (id: string): string => {
    const known = tokens.get(id) ?? idToken(id).toString('hex');
    tokens.set(id, known);
    return known;
  };
  const places = ({ type, id, references }: Draft): string[] => [
    ...references.map((one) => tokenOf(one.slice(one.indexOf('/') + 1))),
    ...(type === 'Patient' ? [tokenOf(id)] : []),
  ];
  const asked = [...new Set(drafts.flatMap(places))];
  const told = await readTellings<Reach[]>(database, key, run, 'guard', asked);
  return (draft) => places(draft).flatMap((token) => told.get(token)?.telling ?? []);
}

function handToFiles(drafts: readonly Draft[], guards: (readonly string[])[]): void {
  const files = new Map<string, number>();
  for (const [at, { type, id }] of drafts.entries()) {
    if (type === 'Binary') files.set(`Binary/${id}`, at);
  }
  if (files.size === 0) return;
  for (const [at, { references }] of drafts.entries()) {
    for (const reference of references) {
      const file = files.get(reference);
      if (file === undefined) continue;
      guards[file] = [...new Set([...(guards[file] ?? []), ...(guards[at] ?? [])])].toSorted();
    }
  }
}
