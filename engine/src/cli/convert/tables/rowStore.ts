import { rm } from 'node:fs/promises';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { joinKeys } from '../../../formats/joinKeys.ts';
import type { FindRelated } from '../../../mapping/mapWhole.ts';
import type { PackedMappedBatch } from '../../../mapping/mapper.ts';
import type { RecordOutcome } from '../../../model/draft.ts';
import type { RecordBatch, RecordMediaType } from '../../../model/record.ts';
import { joinName, type Join, type RelatedRecord } from '../../../model/related.ts';
import { fateOf } from '../../../run/foldOutcomes.ts';
import { itemAt } from '../../../staging/packedItems.ts';
import { waitingFile } from '../waitingFile.ts';

/** One stream has one slice here. */
const slice = '1';

/** A batch of a stream, by its turn. */
export interface NumberedBatch {
  stream: string;
  number: number;
  records: RecordBatch;
}

/**
 * What rows must know of other rows: which keys are repeated, what lookups reach, which parents folded
 * them. It waits in a file beside the output, for its owner's eyes only, which is gone when all is done:
 * no row is held in memory for others. Keys stand there as keyed digests.
 */
export class RowStore {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #digest: (text: string) => string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #mediaTypes = new Map<string, RecordMediaType>();
  #hasRepeated = false;
  #readsFates = false;

  private constructor(file: string, database: DatabaseSync, digest: (text: string) => string) {
    this.#file = file;
    this.#database = database;
    this.#digest = digest;
    // Nothing of it outlives the conversion: a crash leaves a file to throw away.
    database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;
      CREATE TABLE seen (token BLOB NOT NULL);
      CREATE TABLE joined (token BLOB NOT NULL, number INTEGER NOT NULL, ordinal INTEGER NOT NULL,
        key TEXT NOT NULL, bytes BLOB NOT NULL);
      CREATE TABLE folded (stream TEXT NOT NULL, number INTEGER NOT NULL, ordinal INTEGER NOT NULL,
        kind TEXT, code TEXT);
      BEGIN`);
  }

  /** @throws HandoverError `output-exists` where a file of that name waits already. */
  static async create(file: string, digest: (text: string) => string): Promise<RowStore> {
    return new RowStore(file, await waitingFile(file), digest);
  }

  /** Before anything is mapped: the rows of a batch, with the joins that lead to them. */
  add({ stream, number, records }: NumberedBatch, columns: string[], joins: readonly Join[]): void {
    const see = this.#statement('INSERT INTO seen VALUES (?)');
    for (const key of records.keys) if (key !== '') see.run(this.#keyToken(stream, key));
    const join = this.#statement('INSERT INTO joined VALUES (?, ?, ?, ?, ?)');
    for (const one of joins) {
      const name = joinName(one);
      this.#mediaTypes.set(name, records.mediaType);
      for (const [ordinal, text] of joinKeys(records, columns, one.columns).entries()) {
        if (text === undefined) continue;
        const key = records.keys[ordinal] as string;
        join.run(this.#joinToken(name, text), number, ordinal, key, itemAt(records, ordinal));
      }
    }
  }

  /** All rows are there. */
  settle(): void {
    this.#statements.clear();
    this.#database.exec(`COMMIT;
      CREATE TABLE repeated (token BLOB PRIMARY KEY) WITHOUT ROWID;
      INSERT INTO repeated SELECT token FROM seen GROUP BY token HAVING count(*) > 1;
      DROP TABLE seen;
      CREATE INDEX reached ON joined (token, number, ordinal);
      BEGIN`);
    this.#hasRepeated = this.#statement('SELECT 1 FROM repeated LIMIT 1').get() !== undefined;
  }

  /** Rows whose key another one of their stream has too: which of them is right is not ours to say. */
  repeated({ stream, records }: NumberedBatch): Map<number, RecordOutcome> {
    const fates = new Map<number, RecordOutcome>();
    for (const [at, key] of records.keys.entries()) {
      if (this.#isRepeated(stream, key))
        fates.set(at, { state: 'quarantined', reason: repeatedKey });
    }
    return fates;
  }

  /** What lookups reach. */
  readonly find: FindRelated = async (wanted) => {
    const select = this.#statement(
      'SELECT number, ordinal, key, bytes FROM joined WHERE token = ? ORDER BY number, ordinal',
    );
    return new Map(
      [...wanted].map(([name, { join, keys }]) => {
        const mediaType = this.#mediaTypes.get(name);
        const found = [...keys].map((key) => {
          const rows = mediaType === undefined ? [] : select.all(this.#joinToken(name, key));
          return [key, rows.map((row) => this.#related(row, join, mediaType))] as const;
        });
        return [name, new Map(found)];
      }),
    );
  };

  #related(
    row: Record<string, unknown>,
    { stream }: Join,
    mediaType: RecordMediaType | undefined,
  ): RelatedRecord {
    const key = row['key'] as string;
    return {
      place: { slice, number: Number(row['number']), ordinal: Number(row['ordinal']) },
      key,
      mediaType: mediaType as RecordMediaType,
      bytes: Buffer.from(row['bytes'] as Uint8Array),
      ...(this.#isRepeated(stream, key) && { held: repeatedKey }),
    };
  }

  /** Keep what became of rows of these streams that were folded into those of a batch. */
  keepFolds({ contributions, outcomes }: PackedMappedBatch, children: ReadonlySet<string>): void {
    if (children.size === 0) return;
    const insert = this.#statement('INSERT INTO folded VALUES (?, ?, ?, ?, ?)');
    for (const { stream, place, into } of contributions) {
      const outcome = outcomes[into];
      if (outcome === undefined || !children.has(stream)) continue;
      const [kind, code] =
        outcome.state === 'mapped' ? [null, null] : [outcome.state, outcome.reason];
      insert.run(stream, place.number, place.ordinal, kind, code);
    }
  }

  /** What becomes of mapped rows by their parents, all of which were mapped before. */
  fates(
    { stream, number }: NumberedBatch,
    { outcomes }: PackedMappedBatch,
  ): Map<number, RecordOutcome> {
    if (!this.#readsFates) {
      this.#database.exec('CREATE INDEX IF NOT EXISTS taken ON folded (stream, number, ordinal)');
    }
    this.#readsFates = true;
    const select = this.#statement(
      'SELECT kind, code FROM folded WHERE stream = ? AND number = ? AND ordinal = ?',
    );
    const changed = new Map<number, RecordOutcome>();
    for (const [ordinal, { state }] of outcomes.entries()) {
      if (state !== 'mapped') continue;
      const parents = select
        .all(stream, number, ordinal)
        .map(({ kind, code }) =>
          kind === null ? undefined : { kind: kind as string, code: code as string },
        );
      const fate = fateOf(parents);
      if (fate !== undefined) changed.set(ordinal, fate);
    }
    return changed;
  }

  /** It is gone afterwards, whatever happened. */
  async remove(): Promise<void> {
    this.#database.close();
    await rm(this.#file, { force: true });
  }

  #isRepeated(stream: string, key: string): boolean {
    if (!this.#hasRepeated || key === '') return false;
    const select = this.#statement('SELECT 1 FROM repeated WHERE token = ?');
    return select.get(this.#keyToken(stream, key)) !== undefined;
  }

  #keyToken(stream: string, key: string): Buffer {
    return this.#token(`key ${stream}\n${key}`);
  }

  #joinToken(name: string, text: string): Buffer {
    return this.#token(`join ${name}\n${text}`);
  }

  #token(text: string): Buffer {
    return Buffer.from(this.#digest(text).slice(0, 32), 'hex');
  }

  #statement(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      this.#statements.set(text, (statement = this.#database.prepare(text)));
    }
    return statement;
  }
}

/** The reason of the rows that share a key, as in a run. */
const repeatedKey = 'duplicate-key';
