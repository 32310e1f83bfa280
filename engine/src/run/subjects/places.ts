import { encodeBase32 } from '../../base/base32.ts';
import { isJsonObject, parseJson } from '../../base/json.ts';
import { typeAt, unpackContributions } from '../../ledger/entries.ts';
import { listExceptions } from '../../ledger/exceptions.ts';
import { foldsOf, recordName, type StagedRecord } from '../../ledger/folded.ts';
import { findToken, pageOf } from '../../ledger/pages.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Queries } from '../../store/session.ts';
import { unpackDrafts } from '../drafts.ts';
import { idAt } from '../idToken.ts';
import { splitHeader } from '../packed.ts';
import type { Parcels } from '../parcels.ts';
import type { RecordsHeader } from '../phases/recordEntries.ts';

export interface SubjectServices {
  queries: Queries;
  parcels: Parcels;
}

/** Ordinals of some items, by the batch they are in. */
export class Places {
  readonly #batches = new Map<string, { key: BatchKey; ordinals: Set<number> }>();

  /** @returns whether it was not there yet. */
  add(key: BatchKey, ordinal: number): boolean {
    const { run, phase, target, stream, slice, number } = key;
    const name = JSON.stringify([stream, slice, number, phase, target]);
    const known = this.#batches.get(name);
    const place = known ?? {
      key: { run, phase, target, stream, slice, number },
      ordinals: new Set<number>(),
    };
    if (known === undefined) this.#batches.set(name, place);
    const before = place.ordinals.size;
    place.ordinals.add(ordinal);
    return place.ordinals.size > before;
  }

  has(key: BatchKey, ordinal: number): boolean {
    const { phase, target, stream, slice, number } = key;
    const name = JSON.stringify([stream, slice, number, phase, target]);
    return this.#batches.get(name)?.ordinals.has(ordinal) ?? false;
  }

  /** Batch by batch, in order. */
  batches(): { key: BatchKey; ordinals: readonly number[] }[] {
    return [...this.#batches]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { key, ordinals }]) => ({ key, ordinals: [...ordinals].toSorted((a, b) => a - b) }));
  }

  get count(): number {
    return [...this.#batches.values()].reduce((sum, { ordinals }) => sum + ordinals.size, 0);
  }
}

/** Where what a run keeps of one person lies. */
export interface SubjectPlaces {
  /** In batches of `extract`: source items that nothing of anybody else was made of. */
  records: Places;
  /** Source items of which something of others was made too: they are not the person's alone. */
  shared: Places;
  /** In batches of `map`. */
  drafts: Places;
  /** Stable ids of the drafts, with their types: `Patient/…`. */
  resources: Set<string>;
  /** Records that are held or excluded and say of nobody whose they are, but hold a number of the person. */
  byNumber: number;
}

/** Find everything about the person that these tokens (16 bytes each) stand for. */
export async function subjectPlaces(
  services: SubjectServices,
  run: string,
  subjects: readonly Buffer[],
): Promise<SubjectPlaces> {
  const finder = new Finder(services, run, subjects);
  return finder.find();
}

const zeroToken = Buffer.alloc(16);

/**
 * Types that name no patient and belong to what was made beside them of the same record: the bytes of a
 * document, and where something came from. Of others that name none (a clinician, a ward) others may tell.
 */
const subjectless: ReadonlySet<string> = new Set(['Binary', 'Provenance']);

class Finder {
  readonly #services: SubjectServices;
  readonly #run: string;
  readonly #subjects: readonly Buffer[];
  /** Source keys and identifiers of the person. */
  readonly #numbers = new Set<string>();
  /** Records that the person's Patients were made of. */
  readonly #patients = new Places();
  readonly #found: SubjectPlaces = {
    records: new Places(),
    shared: new Places(),
    drafts: new Places(),
    resources: new Set(),
    byNumber: 0,
  };

  constructor(services: SubjectServices, run: string, subjects: readonly Buffer[]) {
    this.#services = services;
    this.#run = run;
    this.#subjects = subjects;
  }

  async find(): Promise<SubjectPlaces> {
    const { queries } = this.#services;
    for (const subject of this.#subjects) {
      // A chart that a target had of its own has no draft, and lies in parcels all the same.
      this.#found.resources.add(`Patient/${encodeBase32(subject)}`);
      for (const place of await findToken(queries, this.#run, subject, 'subjects')) {
        if (place.key.phase === 'map') this.#found.drafts.add(place.key, place.ordinal);
      }
      for (const { key, ordinal } of await listExceptions(queries, this.#run, { subject })) {
        if (key.phase === 'map') this.#found.records.add(extracted(key), ordinal);
      }
    }
    for (const { key, ordinals } of this.#found.drafts.batches()) {
      await this.#readDrafts(key, ordinals);
      await this.#contributors(key, ordinals);
    }
    await this.#foldedRows();
    await this.#origins();
    await this.#unattributed();
    return this.#found;
  }

  /** Names and numbers of the drafts, and where documents that they name lie. */
  async #readDrafts(key: BatchKey, ordinals: readonly number[]): Promise<void> {
    const items = await this.#services.parcels.read({ ...key, target: '' }, 'drafts');
    if (items === undefined) return;
    const drafts = unpackDrafts(items);
    for (const at of ordinals) {
      this.#found.resources.add(`${drafts.types[at]}/${drafts.ids[at]}`);
      for (const { place } of drafts.objects?.[at] ?? []) {
        const { stream, slice, number, ordinal } = place;
        this.#found.records.add(extracted({ ...key, stream, slice, number }), ordinal);
      }
      if (drafts.types[at] === 'Patient') this.#numbersIn(itemAt(drafts.bodies, at));
    }
  }

  #numbersIn(body: Buffer): void {
    const patient = body.length === 0 ? undefined : parseJson(body.toString('utf8'));
    const identifiers = isJsonObject(patient) ? patient.identifier : undefined;
    if (!Array.isArray(identifiers)) return;
    for (const one of identifiers) {
      const value = isJsonObject(one) ? one.value : undefined;
      if (typeof value === 'string') this.#numbers.add(value);
    }
  }

  /** Records of the batch that the drafts were made of, unless they are others' as well. */
  async #contributors(key: BatchKey, ordinals: readonly number[]): Promise<void> {
    const page = await pageOf(this.#services.queries, { ...key, target: '' });
    if (page === undefined) return;
    const own = new Set(ordinals);
    const contributions = unpackContributions(page.contributions);
    const others = new Set<number>();
    for (const [draft, from] of contributions.entries()) {
      const subject = page.subjects.subarray(draft * 16, draft * 16 + 16);
      if (own.has(draft) || subject.length < 16 || subject.equals(zeroToken)) continue;
      for (const ordinal of from) others.add(ordinal);
    }
    const records = new Set<number>();
    for (const draft of own) {
      for (const ordinal of contributions[draft] ?? []) {
        const isShared = others.has(ordinal);
        const list = isShared ? this.#found.shared : this.#found.records;
        list.add(extracted(key), ordinal);
        if (!isShared) records.add(ordinal);
        if (typeAt(page, draft) === 'Patient') this.#patients.add(extracted(key), ordinal);
      }
    }
    for (const [draft, from] of contributions.entries()) {
      const isOther = own.has(draft) || !subjectless.has(typeAt(page, draft));
      if (isOther || from.length === 0 || !from.every((ordinal) => records.has(ordinal))) continue;
      this.#found.drafts.add({ ...key, target: '' }, draft);
      this.#found.resources.add(`${typeAt(page, draft)}/${idAt(page.tokens, draft)}`);
    }
  }

  /** Rows that took part in what was made of a record, and rows of those rows. */
  async #foldedRows(): Promise<void> {
    const { queries } = this.#services;
    const { records, shared } = this.#found;
    for (let known = -1; known < records.count;) {
      known = records.count;
      const folds = await foldsOf(queries, this.#run, placesIn(records), 'into');
      const rows = folds.filter(({ into }) => records.has(this.#keyOf(into), into.ordinal));
      const all = await foldsOf(
        queries,
        this.#run,
        rows.map(({ record }) => record),
      );
      const elsewhere = new Set(
        all
          .filter(({ into }) => !records.has(this.#keyOf(into), into.ordinal))
          .map(({ record }) => recordName(record)),
      );
      for (const { record } of rows) {
        const list = elsewhere.has(recordName(record)) ? shared : records;
        list.add(this.#keyOf(record), record.ordinal);
      }
    }
  }

  /** What went back to the mapping is still where it was staged first. */
  async #origins(): Promise<void> {
    for (const { key, ordinals } of this.#found.records.batches()) {
      const header = await this.#header(key);
      for (const at of ordinals) {
        const origin = header?.origins?.[at];
        if (origin === undefined) continue;
        const { slice, number, ordinal } = origin;
        this.#found.records.add({ ...key, slice, number }, ordinal);
      }
    }
    for (const { key, ordinals } of this.#patients.batches()) {
      const header = await this.#header(key);
      for (const at of ordinals) this.#numbers.add(header?.keys[at] ?? '');
    }
  }

  /** Held and excluded records of nobody in particular that hold one of the person's numbers. */
  async #unattributed(): Promise<void> {
    this.#numbers.delete('');
    if (this.#numbers.size === 0) return;
    const { queries } = this.#services;
    const nobodys = (await listExceptions(queries, this.#run, { phase: 'map' })).filter(
      ({ kind, subject }) => kind !== 'waiting' && subject === undefined,
    );
    const batches = new Places();
    for (const { key, ordinal } of nobodys) batches.add(extracted(key), ordinal);
    for (const { key, ordinals } of batches.batches()) {
      const items = await this.#services.parcels.read(key, 'records');
      if (items === undefined) continue;
      const { items: records } = splitHeader<RecordsHeader>(items);
      for (const ordinal of ordinals) {
        if (this.#found.records.has(key, ordinal)) continue;
        if (!this.#holdsNumber(itemAt(records, ordinal))) continue;
        this.#found.records.add(key, ordinal);
        this.#found.byNumber++;
      }
    }
  }

  /** A number stands there as a value of its own, whatever the format sets between values. */
  #holdsNumber(record: Buffer): boolean {
    return record
      .toString('latin1')
      .split(/[\t\r\n,;|^~&"<>]/)
      .some((value) => this.#numbers.has(value.trim()));
  }

  async #header(key: BatchKey): Promise<RecordsHeader | undefined> {
    const items = await this.#services.parcels.read(key, 'records');
    return items && splitHeader<RecordsHeader>(items).header;
  }

  #keyOf({ stream, slice, number }: StagedRecord): BatchKey {
    return { run: this.#run, phase: 'extract', target: '', stream, slice, number };
  }
}

function extracted(key: BatchKey): BatchKey {
  return { ...key, phase: 'extract', target: '' };
}

function placesIn(places: Places): Pick<BatchKey, 'stream' | 'slice' | 'number'>[] {
  return places.batches().map(({ key: { stream, slice, number } }) => ({ stream, slice, number }));
}
