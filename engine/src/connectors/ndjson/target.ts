import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { durableOperation } from '../../base/durableOperation.ts';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';
import { isJsonObject, JsonSyntaxError, parseJson } from '../../base/json.ts';
import type { ConnectorServices } from '../../model/connector.ts';
import type { Receipt, Stored, StoredBatch, Target, TargetId, Write } from '../../model/target.ts';
import { decide, delivered, refused, roundsOf, type Head } from '../embedded/writePlan.ts';
import { manifestText } from './manifest.ts';
import { PartFiles } from './partFiles.ts';
import { PartIndex, type Part, type Place } from './partIndex.ts';

/** Tries of a write, or of a read, that meets another writer's. */
const mostTries = 5;
const ownFolder = '.handover';

/** A write that is to be done. */
interface Planned {
  place: number;
  write: Write;
  version: number;
}

interface Opened {
  index: PartIndex;
  files: PartFiles;
}

/**
 * A folder in the layout of a FHIR bulk export, in plain text. Each batch adds parts, which count
 * once the index names them; the manifest is written when something reads or closes the folder. Its
 * parts hold each resource once, in its newest version.
 */
export class NdjsonTarget implements Target {
  readonly #folder: string;
  readonly #services: ConnectorServices;
  #opened: Opened | undefined;

  constructor(folder: string, services: ConnectorServices) {
    this.#folder = folder;
    this.#services = services;
  }

  /** @throws HandoverError `folder-not-ours` when files stand there that Handover did not write. */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#opened !== undefined) return;
    const own = join(this.#folder, ownFolder);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    if (names.length > 0 && !names.includes(ownFolder)) throw notOurs();
    await mkdir(own, { recursive: true, mode: 0o700 });
    const files = new PartFiles(this.#folder, this.#services);
    const index = new PartIndex(join(own, 'index.sqlite'));
    this.#opened = { index, files };
    await files.sweep(new Set(index.parts().map(({ name }) => name)));
  }

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    signal.throwIfAborted();
    if (batch.some(({ kind }) => kind === 'revert')) throw revertUnsupported();
    const receipts: Receipt[] = Array.from({ length: batch.length });
    for (const round of roundsOf(batch)) {
      try {
        await this.#round(batch, round, receipts);
      } catch (error) {
        const code = transientCode(error);
        if (code === undefined) throw error;
        for (const place of round) {
          const { type, id } = batch[place] as Write;
          receipts[place] = { type, id, state: 'transient', code };
        }
      }
    }
    return receipts;
  }

  async fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    signal.throwIfAborted();
    for (let attempt = 1; ; attempt++) {
      const places = this.#use.index.places(ids);
      const bodies = want === 'body' ? await this.#bodies([...places.values()]) : noBodies;
      // A part was replaced between the look into the index and the look into the file.
      if (bodies === undefined && attempt < mostTries) continue;
      if (bodies === undefined) throw unreadable();
      return ids.map((id) => this.#stored(id, places.get(nameOf(id)), bodies.get(nameOf(id))));
    }
  }

  /** What the manifest offers, read from the files themselves: a line is what a reader will get. */
  async *scan(after: string | undefined, signal: AbortSignal): AsyncGenerator<StoredBatch> {
    await this.flush();
    const { index, files } = this.#use;
    for (const part of index.parts()) {
      const cursor = `${part.type} ${part.name}`;
      if (after !== undefined && cursor <= after) continue;
      signal.throwIfAborted();
      const text = await files.read(part.name);
      if (text === undefined) throw unreadable();
      yield { resources: this.#lines(part, text), cursor };
    }
  }

  /** Write parts with old lines anew and bring the manifest up to date. */
  async flush(): Promise<void> {
    const { index, files } = this.#use;
    const { changes, published } = index.state();
    if (changes === published) return;
    for (const name of index.partsWithOldLines()) await this.#renew(name);
    const text = manifestText(index.parts(), this.#services.clock.now());
    await durableOperation('target.flush', () => files.writeManifest(text));
    index.setPublished(changes);
  }

  async close(): Promise<void> {
    if (this.#opened === undefined) return;
    try {
      await this.flush();
    } finally {
      const { index } = this.#opened;
      this.#opened = undefined;
      index.close();
    }
  }

  async #round(
    batch: readonly Write[],
    round: readonly number[],
    receipts: Receipt[],
  ): Promise<void> {
    for (let attempt = 1; attempt <= mostTries; attempt++) {
      const before = this.#use.index.places(round.map((place) => batch[place] as Write));
      const writes: Planned[] = [];
      for (const place of round) {
        const write = batch[place] as Write;
        const decision = this.#decide(write, before.get(nameOf(write)));
        if ('state' in decision) receipts[place] = decision;
        else writes.push({ place, write, version: decision.version });
      }
      const places = writes.length === 0 ? [] : await this.#commit(before, writes);
      if (places === undefined) continue;
      for (const [at, { place }] of writes.entries()) {
        receipts[place] = delivered(headOf(places[at] as Place), false);
      }
      return;
    }
    throw overtaken();
  }

  #decide(write: Write, current: Place | undefined): Receipt | { version: number } {
    if (write.kind === 'put' && !describes(write)) return refused(write, 'body-invalid');
    const digest = (): string => (write.kind === 'put' ? this.#services.digest(write.body) : '');
    const decision = decide(write, current && headOf(current), digest);
    return decision.step === 'answer' ? decision.receipt : { version: decision.version };
  }

  /** Write parts, then enter them. Undefined: another writer was quicker, and nothing is left. */
  async #commit(
    before: ReadonlyMap<string, Place>,
    writes: readonly Planned[],
  ): Promise<Place[] | undefined> {
    const { index, files } = this.#use;
    const after = writes.map(({ write: { type, id }, version }): Place => {
      return { type, id, version, at: undefined };
    });
    return durableOperation('target.write', async () => {
      const parts = await this.#writeParts(writes, after);
      if (index.commit(before, after, parts)) return after;
      for (const { name } of parts) await files.remove(name);
      return undefined;
    });
  }

  /** One part for each type; where each body stands is told to its place. */
  async #writeParts(writes: readonly Planned[], places: readonly Place[]): Promise<Part[]> {
    const parts: Part[] = [];
    const lines = writes.flatMap(({ write }, at) => {
      return write.kind === 'put' ? [{ body: write.body, place: places[at] as Place }] : [];
    });
    for (const [type, some] of Map.groupBy(lines, ({ place }) => place.type)) {
      const bodies = some.map(({ body }) => body);
      const { part, offsets } = await this.#use.files.write(type, bodies);
      for (const [line, { body, place }] of some.entries()) {
        const offset = offsets[line] as number;
        const digest = this.#services.digest(body);
        place.at = { part: part.name, offset, length: body.length, digest };
      }
      parts.push(part);
    }
    return parts;
  }

  /** Write what still counts of a part into a new one. */
  async #renew(name: string): Promise<void> {
    const { index, files } = this.#use;
    const places = index.placesIn(name);
    const [first] = places;
    if (first === undefined) {
      if (index.replace(name, undefined, [])) await files.remove(name);
      return;
    }
    const stretches = places.map(({ at }) => at as NonNullable<Place['at']>);
    const bodies = await files.stretches(name, stretches);
    // Somebody else is doing the same.
    if (bodies === undefined) return;
    const { part, offsets } = await files.write(first.type, bodies);
    const moved = places.map((place, line) => {
      const at = place.at as NonNullable<Place['at']>;
      return { ...place, at: { ...at, part: part.name, offset: offsets[line] as number } };
    });
    const replaced = index.replace(name, part, moved);
    await files.remove(replaced ? name : part.name);
  }

  async #bodies(places: readonly Place[]): Promise<Map<string, Buffer> | undefined> {
    const bodies = new Map<string, Buffer>();
    for (const [part, some] of Map.groupBy(places, ({ at }) => at?.part)) {
      if (part === undefined) continue;
      const stretches = some.map(({ at }) => at as NonNullable<Place['at']>);
      const found = await this.#use.files.stretches(part, stretches);
      if (found === undefined) return undefined;
      for (const [at, place] of some.entries()) bodies.set(nameOf(place), found[at] as Buffer);
    }
    return bodies;
  }

  #stored({ type, id }: TargetId, place: Place | undefined, body: Buffer | undefined): Stored {
    if (place === undefined) return { type, id, state: 'absent' };
    const { version, at } = place;
    if (at === undefined) return { type, id, state: 'removed', version };
    if (body === undefined) return { type, id, state: 'present', version, digest: at.digest };
    const digest = this.#services.digest(body);
    return { type, id, state: 'present', version, digest, body };
  }

  #lines({ type, name, lines }: Part, text: Buffer): Stored[] {
    const places = this.#use.index.placesIn(name);
    const versions = new Map(places.map(({ id, version }) => [id, version]));
    const found: Stored[] = [];
    for (let from = 0; from < text.length;) {
      const end = text.indexOf(0x0a, from);
      const body = text.subarray(from, end === -1 ? text.length : end);
      from = end === -1 ? text.length : end + 1;
      const id = idIn(body);
      if (id === undefined) throw unreadable();
      const [version, digest] = [versions.get(id) ?? 0, this.#services.digest(body)];
      found.push({ type, id, state: 'present', version, digest });
    }
    if (found.length !== lines) throw unreadable();
    return found;
  }

  get #use(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new HandoverError('target-closed', 'the target is used before open or after close', {
      next: 'This is a defect of Handover: please report it.',
    });
  }
}

const noBodies: ReadonlyMap<string, Buffer> = new Map();

function nameOf({ type, id }: TargetId): string {
  return `${type}/${id}`;
}

/** A place as the rules of writing see it; where exactly it stands is nothing to them. */
function headOf({ type, id, version, at }: Place): Head {
  const stored = at === undefined ? undefined : { block: 0, slot: 0, digest: at.digest };
  return { type, id, version, stored };
}

/** Whether a body is the resource that the write names, on one line. */
function describes({ type, id, body }: Write & { kind: 'put' }): boolean {
  if (body.includes(0x0a)) return false;
  const resource = resourceIn(body);
  return resource?.['resourceType'] === type && resource['id'] === id;
}

function idIn(line: Buffer): string | undefined {
  const id = resourceIn(line)?.['id'];
  return typeof id === 'string' ? id : undefined;
}

function resourceIn(text: Buffer) {
  try {
    const value = parseJson(text.toString());
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** Nothing was entered, and the disk may have room again later. */
function transientCode(error: unknown): string | undefined {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk-full';
  if (code === 'EIO' || code === 'ESTALE' || code === 'EMFILE') return 'folder-unavailable';
  if (code === 'ERR_SQLITE_ERROR') return 'index-busy';
  return error instanceof HandoverError && error.failure === 'transient' ? error.code : undefined;
}

function overtaken(): HandoverError {
  return new HandoverError('write-overtaken', 'other writers were quicker several times', {
    next: 'Nothing was written. Try again.',
    failure: 'transient',
  });
}

function notOurs(): HandoverError {
  return new HandoverError('folder-not-ours', 'The target’s folder holds files of somebody else.', {
    exitCode: exitCodes.planInvalid,
    next: 'Name an empty folder, or one that does not exist yet. Nothing was written.',
  });
}

function unreadable(): HandoverError {
  return new HandoverError('folder-changed', 'Files of the target’s folder are not as written.', {
    exitCode: exitCodes.integrityBroken,
    next: 'Somebody else changed the folder: empty it and run the load again.',
  });
}

function revertUnsupported(): HandoverError {
  return new HandoverError('revert-unsupported', 'A folder of files is not undone.', {
    exitCode: exitCodes.gateNotMet,
    next: 'Delete the folder: nothing else holds what was written to it.',
  });
}
