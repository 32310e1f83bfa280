import type { ProjectKey } from '../keys/projectKey.ts';
import { tokenOf } from '../keys/stableId.ts';
import { typeAt, unpackContributions } from '../ledger/entries.ts';
import { listExceptions, type Exception } from '../ledger/exceptions.ts';
import { findingsAbout } from '../ledger/findings.ts';
import { findToken, pageOf, type EntryPlace } from '../ledger/pages.ts';
import { streamsOf } from '../ledger/streams.ts';
import type { Finding } from '../model/finding.ts';
import type { Queries } from '../store/session.ts';
import { idAt, idToken } from './idToken.ts';
import { deliveryWord } from './deliveryWords.ts';
import { isSettle } from './phases/settle.ts';

/** The road of one record through a run: where it was read, what became of it, what was compared. */
export interface RecordRoad {
  stream: string;
  slice: string;
  batch: number;
  ordinal: number;
  outcome: 'waiting' | 'mapped' | 'quarantined' | 'excluded';
  code?: string;
  path?: string;
  drafts: DraftRoad[];
}

export interface DraftRoad {
  type: string;
  id: string;
  deliveries: { target: string; state: string; version?: number; code?: string }[];
  findings: (Finding & { target: string })[];
}

export interface ExplainServices {
  database: Queries;
  key: ProjectKey;
}

/** Follow every record of a run that has this source key, in any stream. */
export async function explainKey(
  { database, key }: ExplainServices,
  run: string,
  sourceKey: string,
): Promise<RecordRoad[]> {
  const roads: RecordRoad[] = [];
  for (const { name } of await streamsOf(database, run)) {
    const token = tokenOf(key.tag(name, sourceKey));
    const places = await findToken(database, run, token);
    for (const place of places.filter((one) => one.key.phase === 'extract')) {
      if (place.key.stream === name) roads.push(await recordRoad(database, run, place));
    }
  }
  return roads;
}

/** What is known of one patient: every draft about them, and every record about them held or excluded. */
export interface PatientRoad {
  patient: string;
  drafts: DraftRoad[];
  notMoved: { stream: string; kind: string; code: string; path: string }[];
}

/** Everything about the patient with this stable id. */
export async function explainPatient(
  { database }: ExplainServices,
  run: string,
  patient: string,
): Promise<PatientRoad> {
  const subject = idToken(patient);
  const places = await findToken(database, run, subject, 'subjects');
  const drafts: DraftRoad[] = [];
  for (const place of places) drafts.push(await draftRoad(database, run, place));
  const standing = await listExceptions(database, run, { subject, standing: true });
  const held = drafts.flatMap(({ id, deliveries }) =>
    deliveries.every(({ state }) => state !== 'held for review') ? [] : [id],
  );
  const own = await heldDrafts(database, run, held);
  const notMoved = [...standing, ...own].map(({ key, kind, code, path }) => ({
    stream: key.stream,
    kind,
    code,
    path,
  }));
  return { patient, drafts, notMoved };
}

async function heldDrafts(
  database: Queries,
  run: string,
  ids: readonly string[],
): Promise<Exception[]> {
  const held: Exception[] = [];
  for (const id of ids) {
    held.push(...(await listExceptions(database, run, { token: idToken(id), standing: true })));
  }
  return held;
}

async function recordRoad(
  database: Queries,
  run: string,
  { key, ordinal }: EntryPlace,
): Promise<RecordRoad> {
  const { stream, slice, number } = key;
  const place = { stream, slice, batch: number, ordinal };
  const page = await pageOf(database, { ...key, phase: 'map' });
  const drafts: DraftRoad[] = [];
  const contributions = page ? unpackContributions(page.contributions) : [];
  for (const [at, from] of contributions.entries()) {
    if (!from.includes(ordinal)) continue;
    drafts.push(await draftRoad(database, run, { key: { ...key, phase: 'map' }, ordinal: at }));
  }
  const exceptions = await listExceptions(database, run, { phase: 'map', stream });
  const own = exceptions.find(
    (one) => one.key.slice === slice && one.key.number === number && one.ordinal === ordinal,
  );
  if (own) {
    const outcome = own.kind === 'excluded' ? 'excluded' : 'quarantined';
    return { ...place, outcome, code: own.code, path: own.path, drafts };
  }
  return { ...place, outcome: page ? 'mapped' : 'waiting', drafts };
}

async function draftRoad(
  database: Queries,
  run: string,
  { key, ordinal }: EntryPlace,
): Promise<DraftRoad> {
  const page = await pageOf(database, { ...key, phase: 'map', target: '' });
  const id = page ? idAt(page.tokens, ordinal) : '';
  const type = page ? typeAt(page, ordinal) : '';
  const token = idToken(id);
  const loads = (await findToken(database, run, token)).filter((one) => one.key.phase === 'load');
  const standing = await listExceptions(database, run, { token });
  const deliveries = [];
  for (const load of loads) {
    if (isSettle(load.key.slice)) continue;
    const states = await pageOf(database, load.key);
    const exception = standing.find(
      (one) => one.key.target === load.key.target || one.key.phase === 'check',
    );
    deliveries.push({
      target: load.key.target,
      ...deliveryWord(states, load.ordinal, exception),
    });
  }
  return { type, id, deliveries, findings: await findingsAbout(database, run, id) };
}
