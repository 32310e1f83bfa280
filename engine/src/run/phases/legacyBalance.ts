import { stableId, tokenOf } from '../../keys/stableId.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { ExceptionFilter } from '../../ledger/exceptions.ts';
import { recordName } from '../../ledger/folded.ts';
import { batchCount } from '../../ledger/pages.ts';
import { slicesOf } from '../../ledger/slices.ts';
import { streamsOf, type RunStream } from '../../ledger/streams.ts';
import { dateReader, type DateReader } from '../../mapping/facts/dates.ts';
import { openRecordFields } from '../../mapping/facts/recordFields.ts';
import { erasedReason, planReasons, type ReceivablesWay } from '../../mapping/shape.ts';
import { setAsideReason } from '../../model/draft.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import {
  ageBalances,
  figureKey,
  parseAmount,
  type BalanceFigures,
  type OpenCharge,
  type Settlement,
} from '../../verification/trialBalance.ts';
import { idToken } from '../idToken.ts';
import { splitHeader } from '../packed.ts';
import type { Parcels } from '../parcels.ts';
import type { MemberPlan, TrialBalancePlan } from '../plan/trialBalance.ts';
import { heldInAccounts, standingExceptions } from './heldInAccounts.ts';
import type { RecordsHeader } from './recordEntries.ts';

export interface LegacyServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
}

/** What the old system's own records say of open balances. */
export interface LegacyBalance {
  /** Of all records. */
  all: BalanceFigures;
  /** Of those that the plan does not leave behind. */
  within: BalanceFigures;
  /** Of those that are not held for review either. */
  moved: BalanceFigures;
  /** As the old system printed it. */
  printed: BalanceFigures | undefined;
  /** Records whose amount or day cannot be read. */
  unreadable: number;
  heldRecords: number;
  /** References and words of the target, and which member of the old system each stands for. */
  members: ReadonlyMap<string, string>;
}

/** A record's columns by name; `''` for NULL. */
type Row = (column: string) => string;

/**
 * Draw up the trial balance from the sealed records, by the declarations of the plan alone: neither
 * the mapping nor the drafts have a part in it.
 */
export async function legacyBalance(
  services: LegacyServices,
  run: string,
  plan: TrialBalancePlan,
  receivables: ReceivablesWay,
): Promise<LegacyBalance> {
  // A balance carries what its charges and payments come to: that these themselves stay is no loss.
  const byPlan = receivables === 'balance-forward' ? ['out-of-scope'] : planReasons;
  const reasons = [...byPlan, erasedReason];
  const inAccounts =
    receivables === 'balance-forward'
      ? await heldInAccounts(services.database, run, plan.charges.stream)
      : new Set<string>();
  const reader = await RecordReader.open(services, run, reasons, inAccounts);
  return new LegacyLedger(services.key, reader, plan, receivables).draw();
}

class LegacyLedger {
  readonly #key: ProjectKey;
  readonly #reader: RecordReader;
  readonly #plan: TrialBalancePlan;
  readonly #members = new Map<string, string>();
  readonly #receivables: ReceivablesWay;
  readonly #charges: ({ charge: OpenCharge } & Standing)[] = [];
  readonly #settlements: ({ settlement: Settlement } & Standing)[] = [];
  #unreadable = 0;
  #held = 0;

  constructor(
    key: ProjectKey,
    reader: RecordReader,
    plan: TrialBalancePlan,
    receivables: ReceivablesWay,
  ) {
    this.#key = key;
    this.#reader = reader;
    this.#plan = plan;
    this.#receivables = receivables;
  }

  async draw(): Promise<LegacyBalance> {
    await this.#readCharges();
    for (const settlement of this.#plan.settlements) await this.#readSettlements(settlement);
    return {
      all: this.#figures(() => true),
      within: this.#figures(({ left }) => !left, this.#carried),
      moved: this.#figures(({ left, held }) => !left && !held, this.#carried),
      printed: await this.#readPrinted(),
      unreadable: this.#unreadable,
      heldRecords: this.#held,
      members: this.#members,
    };
  }

  #figures(
    counted: (standing: Standing) => boolean,
    taken: (settlement: Settlement) => Settlement = (settlement) => settlement,
  ): BalanceFigures {
    return ageBalances(
      this.#charges.filter(counted).map(({ charge }) => charge),
      this.#settlements.filter(counted).map(({ settlement }) => taken(settlement)),
      { day: this.#plan.asOf, ages: this.#plan.ages },
    );
  }

  /**
   * What was written off of a charge is no part of a balance that is carried forward; what belongs to
   * no charge is in no balance, and moves as it is.
   */
  readonly #carried = (settlement: Settlement): Settlement => {
    const within = this.#receivables === 'balance-forward' && settlement.charge !== undefined;
    return within ? { ...settlement, badDebt: false } : settlement;
  };

  async #readCharges(): Promise<void> {
    const { charges } = this.#plan;
    const { payer, day } = charges;
    const through = await this.#lookup(payer.through);
    const readDay = dayReader(day.pattern);
    for (const { key, row, ...standing } of await this.#reader.rows(
      charges.stream,
      charges.resource,
    )) {
      if (!counts(row, charges.where)) continue;
      const amount = parseAmount(row(charges.amount));
      const date = readDay(row(day.column));
      if (standing.held && !standing.left) this.#held++;
      if (amount === undefined || 'code' in date) {
        this.#unreadable++;
        continue;
      }
      const payerKey = row(payer.column);
      const guarantor = row(charges.guarantor.column);
      const members = {
        facility: this.#member(charges.facility, row(charges.facility.column)),
        class: this.#member(charges.class, row(charges.class.column)),
        payer: this.#member(payer, through ? (through.get(payerKey) ?? '') : payerKey),
        guarantor:
          guarantor === ''
            ? this.#member(charges.guarantor.otherwise, row(charges.guarantor.otherwise.column))
            : this.#member(charges.guarantor, guarantor),
      };
      this.#charges.push({ charge: { id: key, amount, day: date.value, members }, ...standing });
    }
  }

  async #readSettlements(plan: TrialBalancePlan['settlements'][number]): Promise<void> {
    for (const { row, ...standing } of await this.#reader.rows(plan.stream, plan.resource)) {
      if (!counts(row, plan.where)) continue;
      if (standing.held && !standing.left) this.#held++;
      const amount = parseAmount(row(plan.amount));
      if (amount === undefined) {
        this.#unreadable++;
        continue;
      }
      const charge = row(plan.charge) || undefined;
      const badDebt = plan.badDebt !== undefined && counts(row, plan.badDebt);
      this.#settlements.push({ settlement: { charge, amount, badDebt }, ...standing });
    }
  }

  async #readPrinted(): Promise<BalanceFigures | undefined> {
    const { printed } = this.#plan;
    if (printed === undefined) return undefined;
    const figures: BalanceFigures = new Map();
    const word = (text: string): string => printed.words[text] ?? text;
    for (const { row } of await this.#reader.rows(printed.stream, '')) {
      const amount = parseAmount(row(printed.amount));
      if (amount === undefined) this.#unreadable++;
      const [group, column] = [word(row(printed.group)), word(row(printed.column))];
      figures.set(figureKey(group, row(printed.member), column), amount ?? 0n);
    }
    return figures;
  }

  async #lookup(through: MemberPlan['through']): Promise<Map<string, string> | undefined> {
    if (through === undefined) return undefined;
    const found = new Map<string, string>();
    for (const { key, row } of await this.#reader.rows(through.stream, '')) {
      found.set(key, row(through.column));
    }
    return found;
  }

  /** The member's name on the list; the target's name of it is remembered. */
  #member({ stream, resource, as, prefix }: MemberPlan, key: string): string {
    if (key === '') return '';
    const name = `${prefix}${key}`;
    const there =
      stream !== undefined && resource !== undefined
        ? `${resource.split('#', 1)[0]}/${stableId(this.#key.tag(stream, key), resource)}`
        : (as[key] ?? key);
    this.#members.set(there, name);
    return name;
  }
}

/** @throws RangeError when the pattern is not one: a plan is judged before it runs. */
function dayReader(pattern: string): DateReader {
  const options = { pattern, pivot: undefined, zone: undefined, clockChange: undefined };
  const reader = dateReader(options, 'date');
  if (reader === undefined) throw new RangeError(`"${pattern}" is no date pattern`);
  return reader;
}

function counts(row: Row, where: Readonly<Record<string, readonly string[]>>): boolean {
  return Object.entries(where).every(([column, values]) => values.includes(row(column)));
}

/** What became of a record. */
interface Standing {
  /** The plan leaves it behind. */
  left: boolean;
  held: boolean;
}

interface ReadRow extends Standing {
  key: string;
  row: Row;
}

/** Reads the records of a run's streams, the newest of each key, with the facts' own readers. */
class RecordReader {
  readonly #services: LegacyServices;
  readonly #run: string;
  readonly #streams: ReadonlyMap<string, RunStream>;
  /** `stream token` of what is held, and of what the plan leaves behind. */
  readonly #held: ReadonlySet<string>;
  readonly #left: ReadonlySet<string>;
  /** Names of the records that went into an account that is held. */
  readonly #inAccounts: ReadonlySet<string>;
  /** Names of the records that are set aside for another one with their key. */
  readonly #setAside: ReadonlySet<string>;

  private constructor(
    services: LegacyServices,
    run: string,
    streams: ReadonlyMap<string, RunStream>,
    held: ReadonlySet<string>,
    left: ReadonlySet<string>,
    inAccounts: ReadonlySet<string>,
    setAside: ReadonlySet<string>,
  ) {
    this.#services = services;
    this.#run = run;
    this.#streams = streams;
    this.#held = held;
    this.#left = left;
    this.#inAccounts = inAccounts;
    this.#setAside = setAside;
  }

  static async open(
    services: LegacyServices,
    run: string,
    reasons: readonly string[],
    inAccounts: ReadonlySet<string>,
  ): Promise<RecordReader> {
    const { database } = services;
    const streams = new Map((await streamsOf(database, run)).map((one) => [one.name, one]));
    const held = await standingTokens(database, run, { kind: 'quarantined' });
    const left = new Set<string>();
    for (const code of reasons) {
      for (const one of await standingTokens(database, run, { kind: 'excluded', code })) {
        left.add(one);
      }
    }
    const aside = { kind: 'excluded', phase: 'map', code: setAsideReason } as const;
    const setAside = (await standingExceptions(database, run, aside)).map(({ key, ordinal }) =>
      recordName({ ...key, ordinal }),
    );
    return new RecordReader(services, run, streams, held, left, inAccounts, new Set(setAside));
  }

  /** All records of a stream; replays come last, so that a corrected record replaces its former. */
  async rows(name: string, resource: string): Promise<ReadRow[]> {
    const { database, parcels } = this.#services;
    const stream = this.#streams.get(name);
    if (stream === undefined) return [];
    const rows = new Map<string, ReadRow>();
    const inAccounts = new Set<string>();
    const slices = await slicesOf(database, this.#run, 'map');
    for (const { key } of slices.filter(({ key: one }) => one.stream === name)) {
      const place = { ...key, phase: 'extract' as const, target: '' };
      const total = await batchCount(database, place);
      for (let number = 0; number < total; number++) {
        const items = await parcels.read({ ...place, number }, 'records');
        if (items === undefined) continue;
        let ordinal = 0;
        for (const row of this.#batch(stream, resource, items)) {
          const record = recordName({ stream: name, slice: key.slice, number, ordinal });
          ordinal++;
          if (this.#setAside.has(record)) continue;
          rows.set(row.key, row);
          if (this.#inAccounts.has(record)) inAccounts.add(row.key);
        }
      }
    }
    return [...rows.values()].map((row) =>
      inAccounts.has(row.key) ? { ...row, held: true } : row,
    );
  }

  *#batch(
    stream: RunStream,
    resource: string,
    items: Parameters<typeof splitHeader>[0],
  ): Generator<ReadRow> {
    const { header, items: packed } = splitHeader<RecordsHeader>(items);
    const fields = openRecordFields(header.mediaType, stream.columns.length);
    const places = new Map(stream.columns.map((column, at) => [column.name, at]));
    for (const [at, key] of header.keys.entries()) {
      const parts = fields.split(itemAt(packed, at));
      const row: Row = (column) => {
        const place = places.get(column);
        if (typeof parts === 'string' || place === undefined) return '';
        return fields.unescape(parts[place] ?? '') ?? '';
      };
      yield { key, row, ...this.#standing(stream.name, key, resource) };
    }
  }

  #standing(stream: string, key: string, resource: string): Standing {
    const tag = this.#services.key.tag(stream, key);
    const record = placed(stream, tokenOf(tag));
    const draft = placed(stream, idToken(stableId(tag, resource)));
    return {
      left: this.#left.has(record),
      held: this.#held.has(record) || this.#held.has(draft),
    };
  }
}

function placed(stream: string, token: Buffer): string {
  return `${stream} ${token.toString('hex')}`;
}

async function standingTokens(
  database: Database,
  run: string,
  filter: ExceptionFilter,
): Promise<Set<string>> {
  const found = await standingExceptions(database, run, filter);
  return new Set(found.map(({ key, token }) => placed(key.stream, token)));
}
