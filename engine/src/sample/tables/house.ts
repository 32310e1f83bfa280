import { seededRandom } from '../../base/random.ts';
import { drawPhone } from '../places.ts';
import { columnOf, truthOf, yesNo } from '../table.ts';
import type { Expected, Row, Table, TableColumn } from '../table.ts';
import { departmentCode, departmentsOfService, facilityOf } from '../visits.ts';
import type { World } from '../world.ts';

/** Tables of the house itself: short, without patients, the same at every size. */
interface HouseTable<T> {
  name: string;
  note: string;
  /** `null`: the rows are looked up or left behind, and yield nothing of their own. */
  type: string | null;
  columns: readonly (TableColumn & { of: (item: T) => string | number | null })[];
  items: (world: World) => readonly T[];
  expect: (item: T) => Record<string, Expected | null>;
}

export function houseTable<T>(spec: HouseTable<T>): Table {
  return {
    name: spec.name,
    note: spec.note,
    key: [spec.columns[0]?.name ?? ''],
    columns: spec.columns.map(columnOf),
    *rows(world): Iterable<Row> {
      for (const item of spec.items(world)) {
        const values = spec.columns.map(({ of }) => {
          const value = of(item);
          return value === null ? null : String(value);
        });
        const state = { deleted: false, defect: undefined };
        const key = values[0] as string;
        const { type } = spec;
        if (type === null) yield { values, truth: { key, outcome: 'stays' } };
        else yield { values, truth: truthOf(key, state, type, () => spec.expect(item)) };
      }
    },
  };
}

export interface Facility {
  id: number;
  name: string;
  npi: string;
  city: string;
  phone: string;
}

export const facilityList: readonly Facility[] = [
  { id: 1, name: 'Riverside Main', npi: '2900000014', city: 'Chicago', phone: '312-555-0100' },
  { id: 2, name: 'Riverside West', npi: '2900000022', city: 'Cicero', phone: '708-555-0110' },
  {
    id: 3,
    name: 'Riverside Lakefront',
    npi: '2900000030',
    city: 'Evanston',
    phone: '847-555-0120',
  },
];

export const facilities: Table = houseTable<Facility>({
  name: 'facilities',
  note: 'Sites of the hospital',
  type: 'Organization',
  items: () => facilityList,
  columns: [
    { name: 'fac_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'fac_nm', type: 'varchar(40)', of: ({ name }) => name },
    { name: 'npi', type: 'varchar(10)', of: ({ npi }) => npi },
    { name: 'city', type: 'varchar(40)', of: ({ city }) => city },
    { name: 'phone', type: 'varchar(20)', of: ({ phone }) => phone },
  ],
  expect: ({ name, npi, city, phone }) => ({
    'organization-name': name,
    npi,
    city,
    phone: [phone],
    active: true,
  }),
});

interface Department {
  id: number;
  code: string;
  name: string;
  facility: number;
  open: boolean;
}

const services = { I: 'Ward', O: 'Clinic', E: 'Emergency', H: 'Home care', T: 'Telehealth' };

/** Of each service as many as visits name. */
const departmentList: readonly Department[] = Object.entries(services).flatMap(
  ([letter, service], at) =>
    Array.from({ length: departmentsOfService }, (_, number) => ({
      id: 100 + at * departmentsOfService + number,
      code: departmentCode(letter, number),
      name: `${service} ${number + 1}`,
      facility: facilityOf(number),
      open: number % 17 !== 11,
    })),
);

export const departments: Table = houseTable<Department>({
  name: 'departments',
  note: 'Departments of the sites',
  type: 'Location',
  items: () => departmentList,
  columns: [
    { name: 'dept_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'dept_cd', type: 'varchar(6)', of: ({ code }) => code },
    { name: 'dept_nm', type: 'varchar(60)', of: ({ name }) => name },
    { name: 'fac_id', type: 'integer', of: ({ facility }) => facility },
    { name: 'open_fl', type: 'char(1)', of: ({ open }) => yesNo(open) },
  ],
  expect: ({ code, name, facility, open }) => ({
    identifier: [code],
    'organization-name': name,
    'location-status': open ? 'active' : 'inactive',
    'part-of': { table: 'facilities', key: String(facility) },
  }),
});

export interface Payer {
  id: number;
  name: string;
  kind: PayerKind;
  phone: string;
  active: boolean;
}

/** Medicare, Medicaid, commercial. */
export type PayerKind = 'MCR' | 'MCD' | 'COM';

const payerNames: readonly (readonly [string, PayerKind])[] = [
  ['Medicare Part B', 'MCR'],
  ['Illinois Medicaid', 'MCD'],
  ['Prairie Mutual', 'COM'],
  ['Great Lakes Health Plan', 'COM'],
  ['Cornbelt Life & Health', 'COM'],
  ['Blackhawk Assurance (closed)', 'COM'],
];

export const payerList: readonly Payer[] = payerNames.map(([name, kind], at) => ({
  id: 500 + at,
  name,
  kind,
  phone: drawPhone(seededRandom(`payer/${at}`)),
  active: !name.endsWith('(closed)'),
}));

export const payers: Table = houseTable<Payer>({
  name: 'payers',
  note: 'Insurers',
  type: 'Organization',
  items: () => payerList,
  columns: [
    { name: 'payer_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'payer_nm', type: 'varchar(60)', of: ({ name }) => name },
    { name: 'payer_typ', type: 'varchar(3)', note: 'MCR MCD COM', of: ({ kind }) => kind },
    { name: 'phone', type: 'varchar(20)', of: ({ phone }) => phone },
    { name: 'active_fl', type: 'char(1)', of: ({ active }) => yesNo(active) },
  ],
  expect: ({ name, phone, active }) => ({ 'organization-name': name, phone: [phone], active }),
});
