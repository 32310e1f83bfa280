import type { Random } from '../base/random.ts';
import type { Defect } from './defect.ts';
import { chance } from './draw.ts';
import { hasNoChart, type Person } from './people.ts';
import { columnOf, truthOf, yesNo } from './table.ts';
import type { Expected, Row, Table, TableColumn } from './table.ts';
import { persons, type World } from './world.ts';

/** One line of a patient's chart or account, in whichever table. */
export interface ChartItem {
  id: number;
  person: Person;
  deleted: boolean;
  defect: Defect | undefined;
}

/** Ids that a table sets aside for each patient. */
export interface IdRange {
  table: string;
  first: number;
  perPatient: number;
}

/**
 * A patient's lines of a table: as many as `count` says, and one more that carries the defect which is
 * planted there. `make` fills in the rest of a line.
 */
export function chartItems<T extends ChartItem>(
  world: World,
  person: Person,
  range: IdRange,
  count: (random: Random) => number,
  make: (random: Random, base: ChartItem, at: number) => T,
): T[] {
  if (hasNoChart(person)) return [];
  const random = world.draws(range.table, person.index);
  const planted = world.planted(person, range.table);
  const most = Math.min(count(random), range.perPatient - 2);
  const items = Array.from({ length: most }, (_, at) => {
    const deleted = person.deleted || chance(random, 0.01);
    return make(random, { id: idAt(range, person, at), person, deleted, defect: undefined }, at);
  });
  if (planted !== undefined) {
    const base = { id: idAt(range, person, most), person, deleted: false, defect: planted };
    items.push(make(random, base, most));
  }
  return items;
}

function idAt({ first, perPatient }: IdRange, person: Person, at: number): number {
  return first + person.index * perPatient + at;
}

/** Whether other records may hang on it: defects are planted so that they do not spread. */
export function standsFirm({ deleted, defect }: ChartItem): boolean {
  return !deleted && defect === undefined;
}

/** A column, and what a line has in it. */
export interface Field<T> extends TableColumn {
  of: (item: T) => string | number | null;
}

export interface ChartTable<T extends ChartItem> {
  name: string;
  note: string;
  /** The resource that a line becomes; `undefined`: it is folded into another one. */
  type: string | undefined;
  /** The key comes first. */
  fields: readonly Field<T>[];
  items: (world: World, person: Person) => readonly T[];
  /** What must be found at the target, by concept. */
  expect: (item: T) => Record<string, Expected | null>;
}

/** A table of lines that belong to patients; a column at its end says which are deleted. */
export function chartTable<T extends ChartItem>(spec: ChartTable<T>): Table {
  const { name, note, fields } = spec;
  const deleted: Field<T> = {
    name: 'deleted',
    type: "char(1) NOT NULL DEFAULT 'N'",
    of: (item) => yesNo(item.deleted),
  };
  const all = [...fields, deleted];
  return {
    name,
    note,
    key: [fields[0]?.name ?? ''],
    columns: all.map(columnOf),
    *rows(world): Iterable<Row> {
      for (const person of persons(world)) {
        for (const item of spec.items(world, person)) {
          yield { values: valuesOf(all, item), truth: truthOfItem(spec, item) };
        }
      }
    },
  };
}

function valuesOf<T extends ChartItem>(fields: readonly Field<T>[], item: T): (string | null)[] {
  const spoils = item.defect?.spoils ?? {};
  return fields.map((field) => {
    if (Object.hasOwn(spoils, field.name)) return spoils[field.name] as string | null;
    const value = field.of(item);
    return value === null ? null : String(value);
  });
}

function truthOfItem<T extends ChartItem>(spec: ChartTable<T>, item: T): Row['truth'] {
  return truthOf(item.id, item, spec.type, () => spec.expect(item));
}

/** A reference as truths state it. */
export function refer(table: string, key: number | string | null): Expected | null {
  return key === null ? null : { table, key: String(key) };
}

export const keyField = <T extends ChartItem>(name: string): Field<T> => ({
  name,
  type: 'bigint PRIMARY KEY',
  of: ({ id }) => id,
});

export const patientField: Field<ChartItem> = {
  name: 'pt_id',
  type: 'integer NOT NULL',
  of: ({ person }) => person.id,
};
