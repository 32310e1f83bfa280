/**
 * A separate program that changes a loaded embedded target behind its back (requirement R04). It
 * holds the target's key, so it can do what no honest fault could: unseal a body, change exactly one
 * thing, seal it again and rewrite digest, tokens and dates, so that the store looks whole. Only a
 * comparison with what was meant to be there can find it.
 *
 *     TARGET_URL=… node engine/test/tamper/atRest.ts --project DIR --name archive --seed 7 \
 *       --changes 100 [--class NAME]… [--except Type/id]…
 *
 * DIR is the project whose key it takes. With classes it makes `--changes` of each.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canonicalJson, parseJson } from '../../src/base/json.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom, systemRandom } from '../../src/base/random.ts';
import type { Random } from '../../src/base/random.ts';
import { packBlock } from '../../src/connectors/embedded/block.ts';
import type { BlockItem } from '../../src/connectors/embedded/block.ts';
import {
  blockRows,
  copyBlocks,
  copyResources,
  ResourceRows,
} from '../../src/connectors/embedded/copyRows.ts';
import { indexEntryOf } from '../../src/connectors/embedded/indexEntry.ts';
import { typeNumber } from '../../src/connectors/embedded/resourceTypes.ts';
import { headColumns, headOf, openBlocks } from '../../src/connectors/embedded/rows.ts';
import type { HeadRow } from '../../src/connectors/embedded/rows.ts';
import { schemaOf, writePartsOf } from '../../src/connectors/embedded/store.ts';
import type { WriteParts } from '../../src/connectors/embedded/unit.ts';
import type { Head } from '../../src/connectors/embedded/writePlan.ts';
import { openProjectKey } from '../../src/keys/keyFile.ts';
import type { ConnectionSpec } from '../../src/store/connection.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { Transaction } from '../../src/store/session.ts';
import { shuffled } from './change.ts';
import type { Changed } from './change.ts';
import { anyElement, changes } from './changes.ts';
import { pathOf, placesOf, withValue } from './places.ts';

export interface TamperOptions {
  /** The target's database. */
  database: ConnectionSpec;
  /** The target's name and secret, as the connector gets them. */
  name: string;
  secret: Buffer;
  /** The project's keyed digest. */
  digest(data: Uint8Array): string;
  seed: number | string;
  /** How many resources to change, each in one place. */
  changes: number;
  /** One of {@link classNames}; any, by seed, unless told. */
  className?: string;
  /** Resources to leave alone: `Type/id`. */
  except?: ReadonlySet<string>;
}

/** One change that was made. */
export interface Tampered {
  type: string;
  id: string;
  /** `AllergyIntolerance.code.coding[0].code`; the type alone when the whole resource was changed. */
  path: string;
  className: string;
}

/** Changes of a whole resource, which no place in it describes. */
const wholeChanges = ['resource-removed', 'resource-doubled', 'patient-exchanged'];

/** Names of all classes. */
export const classNames: readonly string[] = [...changes.map(({ name }) => name), ...wholeChanges];

/** A present resource with when it was written. */
interface Victim {
  head: Head & { stored: NonNullable<Head['stored']> };
  updated: Date;
}

/**
 * Change resources picked by the seed, no resource twice.
 * @returns what was changed: fewer than asked for when the class does not apply to more.
 */
export async function tamper(options: TamperOptions): Promise<Tampered[]> {
  const database = openDatabase(options.database, {
    log: silentLog,
    settings: { search_path: schemaOf(options.name) },
  });
  try {
    return await database.transaction((transaction) =>
      new Tampering(transaction, options).run(options.changes),
    );
  } finally {
    await database.close();
  }
}

class Tampering {
  readonly #transaction: Transaction;
  readonly #parts: WriteParts;
  readonly #random: Random;
  readonly #className: string | undefined;
  readonly #except: ReadonlySet<string>;
  readonly #idsByType = new Map<string, string[]>();

  constructor(transaction: Transaction, options: TamperOptions) {
    this.#transaction = transaction;
    this.#parts = writePartsOf({ ...options, random: systemRandom });
    this.#random = seededRandom(options.seed);
    this.#className = options.className;
    this.#except = options.except ?? new Set();
  }

  async run(wanted: number): Promise<Tampered[]> {
    const victims = await this.#victims();
    const made: Tampered[] = [];
    for (const victim of victims) {
      if (made.length >= wanted) break;
      if (this.#except.has(`${victim.head.type}/${victim.head.id}`)) continue;
      const done = await this.#change(victim);
      if (done !== undefined) made.push(done);
    }
    return made;
  }

  /** Everything present, shuffled. */
  async #victims(): Promise<Victim[]> {
    const { rows } = await this.#transaction.query<HeadRow & { updated: Date }>(
      `select ${headColumns}, r.updated from resource r where r.block is not null
       order by r.type, r.id`,
    );
    const victims: Victim[] = [];
    for (const row of rows) {
      const { stored, ...head } = headOf(row);
      if (stored !== undefined) victims.push({ head: { ...head, stored }, updated: row.updated });
      const ids = this.#idsByType.get(head.type) ?? [];
      this.#idsByType.set(head.type, [...ids.splice(0), head.id]);
    }
    return shuffled(victims, this.#random);
  }

  async #change(victim: Victim): Promise<Tampered | undefined> {
    const { head } = victim;
    const { type, id } = head;
    const blocks = await openBlocks(this.#transaction, this.#parts.seal, [head.stored.block]);
    const items = blocks.get(head.stored.block)?.items() ?? [];
    const body = items[head.stored.slot]?.body ?? Buffer.alloc(0);
    const resource = parseJson(body.toString()) as JsonObject;
    const className = this.#className ?? this.#wholeClass();
    if (className === 'resource-removed') {
      await this.#deleteRow(head);
      await this.#reseal(head.stored.block, items.with(head.stored.slot, undefined));
      return { type, id, path: type, className };
    }
    if (className === 'resource-doubled') {
      const copy = await this.#double(victim, resource);
      return { type, id: copy, path: type, className };
    }
    const struck = this.#strike(resource, className);
    if (struck === undefined) return undefined;
    const item = { type, id, version: head.version, body: textOf(struck.changed) };
    await this.#reseal(head.stored.block, items.with(head.stored.slot, item));
    await this.#deleteRow(head);
    await this.#insertRow(victim, head.stored, item);
    return { type, id, path: struck.path, className: struck.name };
  }

  /** One change in fifty is of a whole resource, the others of one element. */
  #wholeClass(): string | undefined {
    if (this.#random.integer(50) > 0) return undefined;
    return wholeChanges[this.#random.integer(wholeChanges.length)];
  }

  #strike(
    resource: JsonObject,
    className: string | undefined,
  ): (Changed & { name: string }) | undefined {
    if (className === 'patient-exchanged') return this.#exchangePatient(resource);
    if (className === undefined) {
      return Object.keys(resource).length > 2 ? anyElement(resource, this.#random) : undefined;
    }
    const change = changes.find(({ name }) => name === className);
    if (change === undefined) throw new RangeError(`there is no class ${className}`);
    const struck = change.apply(resource, this.#random);
    return struck === undefined ? undefined : { name: className, ...struck };
  }

  /** Give the resource to another patient of the store, whom nothing but the content contradicts. */
  #exchangePatient(resource: JsonObject): (Changed & { name: string }) | undefined {
    const place = placesOf(resource).find(
      ({ key, value }) =>
        key === 'reference' && typeof value === 'string' && /^Patient\/[^/]+$/.test(value),
    );
    const others = (this.#idsByType.get('Patient') ?? []).filter(
      (id) => `Patient/${id}` !== place?.value,
    );
    const other = others[this.#random.integer(others.length)];
    if (place === undefined || other === undefined) return undefined;
    const changed = withValue(resource, place.steps, `Patient/${other}`);
    return { name: 'patient-exchanged', changed, path: pathOf(resource, place) };
  }

  async #double(victim: Victim, resource: JsonObject): Promise<string> {
    const id = Array.from({ length: 26 }, () => 'abcdefghij234567'[this.#random.integer(16)]).join(
      '',
    );
    const { type } = victim.head;
    const item = { type, id, version: 1, body: textOf({ ...resource, id }) };
    const { rows } = await this.#transaction.query<{ block: string }>(
      `select nextval('block_number') as block`,
    );
    const block = Number(rows[0]?.block);
    const sealed = this.#parts.seal.seal(block, packBlock([item]));
    await this.#transaction.copyIn(copyBlocks, [blockRows([{ block, sealed }])]);
    await this.#insertRow(victim, { block, slot: 0 }, item);
    return id;
  }

  async #reseal(block: number, items: readonly (BlockItem | undefined)[]): Promise<void> {
    await this.#transaction.query('update block set sealed = $2 where block = $1', [
      block,
      this.#parts.seal.seal(block, packBlock(items)),
    ]);
  }

  async #deleteRow({ type, id }: Head): Promise<void> {
    await this.#transaction.query('delete from resource where type = $1 and id = $2', [
      typeNumber(type),
      id,
    ]);
  }

  /** Written by the store's own code, so the row is what an honest write would have left. */
  async #insertRow(
    { updated }: Victim,
    { block, slot }: { block: number; slot: number },
    { type, id, version, body }: BlockItem,
  ): Promise<void> {
    const index = indexEntryOf(type, id, body);
    if (index === undefined) throw new TypeError('the change made it another resource');
    const rows = new ResourceRows(this.#parts.tokens, updated.getTime(), 1);
    const digests = Buffer.from(this.#parts.digest(body), 'hex');
    const stored = { block, slot, digests, digestAt: 0, index };
    rows.add({ type: typeNumber(type) ?? 0, id, version, stored });
    await this.#transaction.copyIn(copyResources, [rows.inOrder()]);
  }
}

function textOf(resource: Json): Buffer {
  return Buffer.from(canonicalJson(resource));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      project: { type: 'string' },
      name: { type: 'string' },
      seed: { type: 'string', default: '1' },
      changes: { type: 'string', default: '1' },
      class: { type: 'string', multiple: true },
      except: { type: 'string', multiple: true, default: [] },
    },
  });
  const { project, name, seed } = values;
  const { TARGET_URL: url } = process.env;
  if (!url || project === undefined || name === undefined) {
    throw new Error('set TARGET_URL and give --project and --name');
  }
  const key = await openProjectKey({
    keyFile: join(project, '.handover', 'key.json'),
    passphraseFile: join(project, '.handover', 'passphrase'),
    random: systemRandom,
  });
  const except = new Set(values.except);
  for (const className of values.class ?? [undefined]) {
    const made = await tamper({
      database: { url },
      name,
      secret: key.secret(`target:${name}`),
      digest: (data) => key.digest(data).toString('hex'),
      seed,
      changes: Number(values.changes),
      except,
      ...(className === undefined ? {} : { className }),
    });
    for (const one of made) {
      except.add(`${one.type}/${one.id}`);
      process.stdout.write(`${JSON.stringify(one)}\n`);
    }
  }
}

if (import.meta.main) await main();
