import { rm } from 'node:fs/promises';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts';
import { nameOf, ownerOf, type Chart } from '../../mapping/library/outward/chart.ts';
import { Reading, readingOf } from '../../mapping/library/outward/reading.ts';
import { waitingFile } from './waitingFile.ts';

/** Characters of one chart: what is of a patient is held whole while it is written. */
const mostOfChart = 256 * 1024 * 1024;

/** Resources of nobody (people, places, organizations) that are held at once. */
const mostShared = 10_000;

/** Why a resource was not taken. */
export type NotTaken = 'fhir-no-id' | 'fhir-repeated';

/**
 * Resources in any order, given back patient by patient. They wait in a file beside the output, for its
 * owner's eyes only, which is gone when all is done: memory holds one chart at a time.
 */
export class ChartStore {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #shared = new Map<string, Reading | undefined>();
  readonly #told: (reading: Reading) => void;
  #turn = 0;
  /** Charts that were not written, as they could not be held. */
  chartsTooLong = 0;

  private constructor(file: string, database: DatabaseSync, told: (reading: Reading) => void) {
    this.#file = file;
    this.#database = database;
    this.#told = told;
    // Nothing of it outlives the conversion: a crash leaves a file to throw away.
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;
      CREATE TABLE resource (name TEXT NOT NULL UNIQUE, owner TEXT, body TEXT NOT NULL); BEGIN`);
    this.#insert = database.prepare(
      'INSERT INTO resource (name, owner, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
  }

  /**
   * @param told Takes a resource of nobody when no chart will ask for it again.
   * @throws HandoverError `output-exists` where a file of that name waits already.
   */
  static async create(file: string, told: (reading: Reading) => void): Promise<ChartStore> {
    return new ChartStore(file, await waitingFile(file), told);
  }

  /** Resources that were given, those of bundles one by one. */
  resources = 0;

  /** A resource, or those of a bundle; what was not taken, and why. */
  add(resource: JsonObject): NotTaken[] {
    if (resource['resourceType'] !== 'Bundle') return this.#addOne(resource, undefined);
    return unbundled(resource).flatMap((each) => this.#addOne(each, undefined));
  }

  #addOne(
    resource: JsonObject,
    within: { name: string; owner: string | null } | undefined,
  ): NotTaken[] {
    if (within === undefined) this.resources++;
    const reading = new Reading(resource, '');
    if (reading.peek('id') === undefined) {
      // It can be of a patient and be referred to by nobody; a patient is known by nothing else.
      if (resource['resourceType'] === 'Patient') return ['fhir-no-id'];
      resource['id'] = `none-${++this.#turn}`;
    }
    const own = nameOf(new Reading(resource, ''));
    const name =
      within === undefined ? own : `${within.name}#${new Reading(resource, '').peek('id') ?? ''}`;
    const owner = within === undefined ? (ownerOf(resource) ?? null) : within.owner;
    const contained = new Reading(resource, '').all('contained').map(({ value }) => value);
    if (contained.length > 0) {
      delete resource['contained'];
      pointInto(resource, name);
    }
    const { changes } = this.#insert.run(name, owner, JSON.stringify(resource));
    const problems: NotTaken[] = changes === 0 ? ['fhir-repeated'] : [];
    return [...problems, ...contained.flatMap((each) => this.#addOne(each, { name, owner }))];
  }

  /** Charts in the order in which their patients came. */
  *charts(): Generator<Chart> {
    this.#database.exec('COMMIT; CREATE INDEX owned ON resource (owner) WHERE owner IS NOT NULL');
    const patients = this.#database.prepare(
      "SELECT name FROM resource WHERE name >= 'Patient/' AND name < 'Patient0' AND owner = name ORDER BY rowid",
    );
    const length = this.#database.prepare(
      'SELECT sum(length(body)) AS length FROM resource WHERE owner = ?',
    );
    for (const row of patients.iterate()) {
      const name = row['name'] as string;
      if (Number(length.get(name)?.['length']) > mostOfChart) this.chartsTooLong++;
      else yield this.#chart(name);
    }
  }

  #chart(patient: string): Chart {
    const rows = this.#database
      .prepare('SELECT name, body FROM resource WHERE owner = ? ORDER BY rowid')
      .all(patient);
    const own = new Map(rows.map((row) => [row['name'] as string, stored(row['body'])]));
    const found = own.get(patient) as Reading;
    const others = [...own.values()].filter((each) => each !== found);
    return { patient: found, own: others, find: (name) => own.get(name) ?? this.#sharedOf(name) };
  }

  #sharedOf(name: string): Reading | undefined {
    if (this.#shared.has(name)) return this.#shared.get(name);
    const row = this.#database
      .prepare('SELECT body FROM resource WHERE name = ? AND owner IS NULL')
      .get(name);
    const found = row === undefined ? undefined : stored(row['body']);
    if (this.#shared.size >= mostShared) this.#tellShared();
    this.#shared.set(name, found);
    return found;
  }

  #tellShared(): void {
    for (const each of this.#shared.values()) if (each !== undefined) this.#told(each);
    this.#shared.clear();
  }

  /** When all charts were written: what is of nobody that is there. */
  leftOut(): number {
    this.#tellShared();
    const row = this.#database
      .prepare(
        'SELECT count(*) AS left FROM resource WHERE owner IS NOT NULL AND owner NOT IN (SELECT name FROM resource)',
      )
      .get();
    return Number(row?.['left']);
  }

  /** It is gone afterwards, whatever happened. */
  async remove(): Promise<void> {
    this.#database.close();
    await rm(this.#file, { force: true });
  }
}

function stored(body: unknown): Reading {
  return readingOf(parseJson(body as string) as JsonObject);
}

/** Resources of a bundle; what refers to them by their place in it does so by type and id. */
function unbundled(bundle: JsonObject): JsonObject[] {
  const names = new Map<string, string>();
  const resources: JsonObject[] = [];
  for (const entry of new Reading(bundle, '').all('entry')) {
    const resource = entry.value['resource'];
    if (!isJsonObject(resource)) continue;
    if (resource['resourceType'] === 'Bundle') {
      resources.push(...unbundled(resource));
      continue;
    }
    const place = entry.peek('fullUrl');
    resource['id'] ??= place?.startsWith('urn:uuid:') === true ? place.slice(9) : (null as Json);
    if (resource['id'] === null) delete resource['id'];
    else if (place !== undefined) names.set(place, nameOf(new Reading(resource, '')));
    resources.push(resource);
  }
  for (const each of resources) rename(each, (own) => names.get(own));
  return resources;
}

/** `#x` of a resource is what it contains. */
function pointInto(resource: JsonObject, name: string): void {
  rename(resource, (own) => (own.startsWith('#') && own !== '#' ? name + own : undefined));
}

function rename(value: Json | undefined, to: (reference: string) => string | undefined): void {
  if (Array.isArray(value)) for (const each of value) rename(each, to);
  else if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (key !== 'reference') rename(inner, to);
      else if (typeof inner === 'string') value[key] = to(inner) ?? inner;
    }
  }
}
