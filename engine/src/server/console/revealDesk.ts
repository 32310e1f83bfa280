import { encodeBase32 } from '../../base/base32.ts';
import { listExceptions } from '../../ledger/exceptions.ts';
import type { Parcels } from '../../run/parcels.ts';
import { recordBehind } from '../../run/replay.ts';
import type { Database } from '../../store/database.ts';

/** What is behind a mask: to be shown once the audit log has it. */
export interface Revealed {
  stream: string;
  /** Stable id of the patient; undefined where the item is about none that is known. */
  patient: string | undefined;
  /** The source item as it was read; undefined where its parcel is gone. */
  text: string | undefined;
}

/** Unseals single items for those who may see them. */
export class RevealDesk {
  readonly #database: Database;
  readonly #parcels: Parcels;

  constructor(database: Database, parcels: Parcels) {
    this.#database = database;
    this.#parcels = parcels;
  }

  /** Undefined: the run holds no such item. */
  async heldItem(run: string, id: string): Promise<Revealed | undefined> {
    const [held] = await listExceptions(this.#database, run, { ids: [id] });
    if (held === undefined) return undefined;
    const item = await recordBehind(this.#parcels, held);
    return {
      stream: held.key.stream,
      patient: held.subject && encodeBase32(held.subject),
      text: item?.text,
    };
  }
}
