import { layoutOf } from '../../model/recordLayout.ts';
import { committedParcelsOf } from '../../ledger/batches.ts';
import { itemAt } from '../../staging/packedItems.ts';
import { unpackDrafts } from '../drafts.ts';
import { splitHeader } from '../packed.ts';
import type { RecordsHeader } from '../phases/recordEntries.ts';
import { beforeBodies } from '../phases/writeDrafts.ts';
import { subjectPlaces, type SubjectPlaces, type SubjectServices } from './places.ts';

/** What a run keeps of one person, as it was read, made and replaced. */
export interface HeldOfSubject {
  run: string;
  /** Source items as they were read; `shared`: of others as well. */
  records: { stream: string; text: string; shared?: true }[];
  /** Drafts, FHIR R4 JSON. */
  drafts: { resource: string; text: string }[];
  /** What stood at a target before the run wrote there, FHIR R4 JSON. */
  before: { target: string; resource: string; text: string }[];
  /** Held and excluded items that say of nobody whose they are, found by a number of the person. */
  byNumber: number;
}

/** Everything that a run keeps of the person that these tokens (16 bytes each) stand for. */
export async function heldOfSubject(
  services: SubjectServices,
  run: string,
  subjects: readonly Buffer[],
): Promise<HeldOfSubject & { resources: ReadonlySet<string> }> {
  const places = await subjectPlaces(services, run, subjects);
  return {
    run,
    records: [
      ...(await recordsAt(services, places.records)),
      ...(await recordsAt(services, places.shared)).map((one) => ({
        ...one,
        shared: true as const,
      })),
    ],
    drafts: await draftsAt(services, places),
    before: await beforeImagesOf(services, run, places),
    byNumber: places.byNumber,
    resources: places.resources,
  };
}

async function recordsAt(
  { parcels }: SubjectServices,
  places: SubjectPlaces['records'],
): Promise<HeldOfSubject['records']> {
  const texts: HeldOfSubject['records'] = [];
  for (const { key, ordinals } of places.batches()) {
    const packed = await parcels.read(key, 'records');
    if (packed === undefined) continue;
    const { header, items } = splitHeader<RecordsHeader>(packed);
    const decoder = new TextDecoder(layoutOf(header.mediaType)?.charset ?? 'utf-8');
    for (const at of ordinals) {
      const bytes = itemAt(items, at);
      if (bytes.length > 0) texts.push({ stream: key.stream, text: decoder.decode(bytes) });
    }
  }
  return texts;
}

async function draftsAt(
  { parcels }: SubjectServices,
  { drafts }: SubjectPlaces,
): Promise<HeldOfSubject['drafts']> {
  const texts: HeldOfSubject['drafts'] = [];
  for (const { key, ordinals } of drafts.batches()) {
    const packed = await parcels.read({ ...key, target: '' }, 'drafts');
    if (packed === undefined) continue;
    const { types, ids, bodies } = unpackDrafts(packed);
    for (const at of ordinals) {
      const text = itemAt(bodies, at).toString('utf8');
      if (text !== '') texts.push({ resource: `${types[at]}/${ids[at]}`, text });
    }
  }
  return texts;
}

async function beforeImagesOf(
  { queries, parcels }: SubjectServices,
  run: string,
  { resources }: SubjectPlaces,
): Promise<HeldOfSubject['before']> {
  const texts: HeldOfSubject['before'] = [];
  for (const { key, role } of await committedParcelsOf(queries, run)) {
    if (role !== 'before') continue;
    for (const [resource, body] of await beforeBodies(parcels, key)) {
      if (body === undefined || body.length === 0 || !resources.has(resource)) continue;
      texts.push({ target: key.target, resource, text: body.toString('utf8') });
    }
  }
  return texts;
}
