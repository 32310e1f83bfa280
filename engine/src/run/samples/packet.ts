import { sha256Hex } from '../../base/digest.ts';
import { isJsonObject, parseJson } from '../../base/json.ts';
import { patientIn } from '../../connectors/embedded/indexEntry.ts';
import { unpackContributions } from '../../ledger/entries.ts';
import { findToken, pageOf } from '../../ledger/pages.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Stored, Target } from '../../model/target.ts';
import { layoutOf } from '../../model/recordLayout.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Queries } from '../../store/session.ts';
import { idToken } from '../idToken.ts';
import { splitHeader } from '../packed.ts';
import type { Parcels } from '../parcels.ts';
import type { RecordsHeader } from '../phases/recordEntries.ts';
import { addToChart, emptyChart, type ChartFacts, type Stratum } from './strata.ts';

/** One patient: what the old system had beside what the new one gives back. */
export interface ChartPair {
  /** Number of the chart in its packet, from 1. */
  chart: number;
  patient: string;
  /** Source items as they were read. */
  source: { stream: string; text: string }[];
  /** Resources as they were read back, FHIR R4 JSON. */
  target: string[];
}

const scanned = 500;

/** Read everything back once and say of each patient which strata they are of. */
export async function surveyCharts(
  target: Target,
  now: Date,
  signal: AbortSignal,
): Promise<Map<string, ReadonlySet<Stratum>>> {
  const charts = new Map<string, ChartFacts>();
  for await (const body of bodiesOf(target, signal)) {
    const patient = patientIn(body);
    const resource = patient === undefined ? undefined : parseJson(body.toString('utf8'));
    if (patient === undefined || !isJsonObject(resource)) continue;
    const chart = charts.get(patient) ?? emptyChart();
    charts.set(patient, chart);
    addToChart(chart, resource, now);
  }
  return new Map([...charts].map(([id, { strata }]) => [id, strata]));
}

async function* bodiesOf(target: Target, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const { resources } of target.scan(undefined, signal)) {
    for (let from = 0; from < resources.length; from += scanned) {
      const part = resources.slice(from, from + scanned);
      for (const stored of await target.fetch(part, 'body', signal)) {
        const body = bodyOf(stored);
        if (body !== undefined) yield body;
      }
    }
  }
}

function bodyOf(stored: Stored): Buffer | undefined {
  return stored.state === 'present' ? stored.body : undefined;
}

export interface PairServices {
  queries: Queries;
  parcels: Parcels;
  target: Target;
}

/** The charts of a sample, old beside new, in its order. */
export async function chartPairs(
  services: PairServices,
  run: string,
  patients: readonly string[],
  signal: AbortSignal,
): Promise<ChartPair[]> {
  const wanted = new Map(patients.map((id): [string, string[]] => [id, []]));
  for await (const body of bodiesOf(services.target, signal)) {
    wanted.get(patientIn(body) ?? '')?.push(body.toString('utf8'));
  }
  const pairs: ChartPair[] = [];
  for (const [at, patient] of patients.entries()) {
    const source = await sourceItems(services, run, patient);
    pairs.push({ chart: at + 1, patient, source, target: wanted.get(patient) ?? [] });
  }
  return pairs;
}

/** Every source item of which something about the patient was made, as it was read. */
async function sourceItems(
  { queries, parcels }: PairServices,
  run: string,
  patient: string,
): Promise<ChartPair['source']> {
  const places = await findToken(queries, run, idToken(patient), 'subjects');
  const wanted = new Map<string, { key: BatchKey; ordinals: Set<number> }>();
  for (const { key, ordinal } of places.filter((place) => place.key.phase === 'map')) {
    const page = await pageOf(queries, { ...key, target: '' });
    const from = page === undefined ? [] : (unpackContributions(page.contributions)[ordinal] ?? []);
    const batch: BatchKey = { ...key, phase: 'extract', target: '' };
    const name = JSON.stringify(batch);
    const known = wanted.get(name) ?? { key: batch, ordinals: new Set() };
    for (const one of from) known.ordinals.add(one);
    wanted.set(name, known);
  }
  const items: ChartPair['source'] = [];
  for (const { key, ordinals } of wanted.values()) {
    const packed = await parcels.read(key, 'records');
    if (packed === undefined) continue;
    const { header, items: records } = splitHeader<RecordsHeader>(packed);
    const decoder = new TextDecoder(layoutOf(header.mediaType)?.charset ?? 'utf-8');
    for (const ordinal of [...ordinals].toSorted((one, other) => one - other)) {
      items.push({ stream: key.stream, text: decoder.decode(itemAt(records, ordinal)) });
    }
  }
  return items;
}

/** Digest of a sealed packet: by it a file is known again. */
export function packetDigest(sealed: Uint8Array): string {
  return sha256Hex(sealed);
}

export function packetContext(id: string): string {
  return `sample-packet/${id}`;
}
