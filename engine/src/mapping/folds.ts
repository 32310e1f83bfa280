import type { NamedRows, Row } from '../fhirpath/environment.ts';
import type { RecordPlace, RelatedRecord } from '../model/related.ts';
import { comparePlaces } from '../model/related.ts';
import { keySeparator } from '../model/record.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import { textOf } from '../fhirpath/value.ts';
import type { JoinUse, RelatedRow } from './related.ts';
import { columnsOf } from './relations.ts';
import type { Work } from './work.ts';
import { decide } from './writers.ts';

export interface Exclusion {
  when: CompiledExpression;
  reason: string;
}

/** Rows that are folded into what is made of a record: its children, or the others of its group. */
export interface FoldUse {
  /** What expressions call the rows. */
  name: string;
  use: JoinUse;
  /** Positions of the record's own columns that make the key; `undefined`: its source key. */
  on: readonly number[] | undefined;
  /** Positions of the columns that the rows are ordered by, before the order they were read in. */
  order: readonly number[];
  /** Conditions under which a row takes no part. */
  exclusions: readonly Exclusion[];
  /** Tells rows with the same key apart by its value: only those of one value are folded together. */
  apart?: CompiledExpression;
  /** Tells them apart by a word of the plan, from the record as read. */
  part?: (record: RecordText) => string;
  /** Records that take no part by a word of the plan. */
  includes?: (record: RecordText) => boolean;
}

/** A record as read. */
export type RecordText = Pick<RelatedRecord, 'bytes' | 'mediaType'>;

/** A record that took part in what was made of the record `into` of the batch. */
export interface Contribution {
  stream: string;
  place: RecordPlace;
  /** Ordinal in the batch. */
  into: number;
}

/** The rows of a fold; a `problem` says why nothing whole can be made of them. */
export interface Folded {
  rows: readonly Row[];
  /** Those that take part, in the order they were read. */
  members: readonly RelatedRow[];
  problem: string | undefined;
}

/** The rows that a fold's name stands for while a record is mapped. */
export function foldedRows(fold: FoldUse): NamedRows {
  return {
    columns: columnsOf(fold.use),
    many: true,
    read: ({ services }) => (services as Work).folded.get(fold.name) ?? [],
  };
}

/** The key of a record for a fold; `undefined` where a column of it is empty. */
export function foldKey({ on }: FoldUse, row: Row, sourceKey: string): string | undefined {
  if (on === undefined) return sourceKey === '' ? undefined : sourceKey;
  const parts = on.map((at) => row[at] ?? '');
  return parts.includes('') ? undefined : parts.join(keySeparator);
}

/** The value by which a row is told apart; `undefined` when it has none, with its issue noted. */
export function apartOf(
  apart: CompiledExpression,
  name: string,
  row: Row,
  work: Work,
): string | undefined {
  try {
    const value = apart.one(row, work.context);
    const text = value === undefined ? undefined : textOf(value);
    if (text === undefined || text === '') work.fail('group-key-missing', name);
    return text;
  } catch (error) {
    work.failWith(error, name);
    return undefined;
  }
}

/**
 * Find the rows of a fold; `undefined` while they are not known. `value`: only those that are told apart
 * by it; one that cannot be read may be any of them.
 */
export function rowsOfFold(
  use: FoldUse,
  key: string,
  work: Work,
  value?: string,
): Folded | undefined {
  const found = work.related.rows(use.use, key);
  if (found === undefined) return undefined;
  const members: RelatedRow[] = [];
  let problem: string | undefined;
  for (const each of found) {
    if (each.record.setAside || use.includes?.(each.record) === false) continue;
    if (use.part !== undefined && use.part(each.record) !== value) continue;
    if (value !== undefined && each.problem === undefined && !isOf(use, each.row, value, work)) {
      continue;
    }
    const excluded = each.problem === undefined && isExcluded(use, each.row, work);
    if (excluded === true) continue;
    const sound = each.problem === undefined && each.unusable === undefined;
    if (!sound || excluded === undefined || each.record.held !== undefined) problem ??= 'damaged';
    members.push(each);
  }
  members.sort((left, right) => comparePlaces(left.record.place, right.record.place));
  const rows = members.map(({ row }) => row);
  if (use.order.length > 0) rows.sort((left, right) => compareRows(use.order, left, right));
  return { rows, members, problem };
}

function isOf({ apart, name }: FoldUse, row: Row, value: string, work: Work): boolean {
  return apart === undefined || work.aside(() => apartOf(apart, name, row, work)) === value;
}

function isExcluded({ exclusions }: FoldUse, row: Row, work: Work): boolean | undefined {
  return work.aside(() => {
    for (const { when } of exclusions) {
      const holds = decide(when, row, 'exclude', work);
      if (holds !== false) return holds;
    }
    return false;
  });
}

/** Numbers by their value, other texts by their characters; nothing comes first. */
function compareRows(order: readonly number[], left: Row, right: Row): number {
  for (const at of order) {
    const [a, b] = [left[at] ?? '', right[at] ?? ''];
    if (a === b) continue;
    const difference = isNumber(a) && isNumber(b) ? Number(a) - Number(b) : 0;
    if (difference !== 0) return difference;
    return a < b ? -1 : 1;
  }
  return 0;
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}
