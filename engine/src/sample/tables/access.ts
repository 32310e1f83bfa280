import { legacyDate } from '../calendar.ts';
import { lastDay } from '../people.ts';
import { yesNo, type Table } from '../table.ts';
import type { World } from '../world.ts';
import { houseTable } from './house.ts';

interface User {
  id: number;
  login: string;
  name: string;
  providerId: number | null;
  role: number;
  active: boolean;
}

interface Role {
  id: number;
  code: string;
  name: string;
}

const roleList: readonly Role[] = [
  { id: 1, code: 'PHYS', name: 'Physician' },
  { id: 2, code: 'NURSE', name: 'Nurse' },
  { id: 3, code: 'FRONT', name: 'Front desk' },
  { id: 4, code: 'BILL', name: 'Billing' },
  { id: 5, code: 'HIM', name: 'Medical records' },
  { id: 6, code: 'ADMIN', name: 'Administrator' },
];

function users(world: World): User[] {
  const clinicians = Array.from({ length: world.staff }, (_, index): User => {
    const { id, family, given, active } = world.provider(index);
    const login = `${given.slice(0, 1)}${family}`.replaceAll(/[^A-Za-z]/g, '').toLowerCase();
    return { id: index + 1, login: `${login}${id}`, name: family, providerId: id, role: 1, active };
  });
  const others = Array.from({ length: Math.max(10, world.staff) }, (_, index): User => ({
    id: 10_001 + index,
    login: `staff${index + 1}`,
    name: `Staff ${index + 1}`,
    providerId: null,
    role: 2 + (index % 5),
    active: index % 11 !== 10,
  }));
  return [...clinicians, ...others];
}

const nothing = (): Record<string, never> => ({});

export const userAccounts: Table = houseTable<User>({
  name: 'users',
  note: 'User accounts',
  type: null,
  items: users,
  columns: [
    { name: 'user_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'login_nm', type: 'varchar(40)', of: ({ login }) => login },
    { name: 'user_nm', type: 'varchar(40)', of: ({ name }) => name },
    { name: 'prov_id', type: 'integer', of: ({ providerId }) => providerId },
    { name: 'role_id', type: 'integer', of: ({ role }) => role },
    { name: 'active_fl', type: 'char(1)', of: ({ active }) => yesNo(active) },
    {
      name: 'last_login',
      type: 'varchar(8)',
      of: ({ id }) => legacyDate(lastDay - ((id * 7) % 400), 'yyyyMMdd'),
    },
  ],
  expect: nothing,
});

export const roles: Table = houseTable<Role>({
  name: 'roles',
  note: 'Roles of users',
  type: null,
  items: () => roleList,
  columns: [
    { name: 'role_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'role_cd', type: 'varchar(8)', of: ({ code }) => code },
    { name: 'role_nm', type: 'varchar(40)', of: ({ name }) => name },
  ],
  expect: nothing,
});

interface Access {
  id: number;
  folder: string;
  role: number;
  rights: 'R' | 'RW';
}

const folders: Readonly<Record<string, readonly number[]>> = {
  LAB: [1, 2, 5],
  RAD: [1, 2, 5],
  REF: [1, 2, 3, 5],
  CON: [1, 5],
  INS: [3, 4],
};

const accessList: readonly Access[] = Object.entries(folders).flatMap(([folder, readers], at) =>
  [...readers, 6].map((role, place) => ({
    id: at * 10 + place + 1,
    folder,
    role,
    rights: role >= 5 ? ('RW' as const) : ('R' as const),
  })),
);

/** Codes of the roles that may read a folder of the share. */
export function readersOf(folder: string): string[] {
  const ids = new Set(accessList.filter((one) => one.folder === folder).map(({ role }) => role));
  return roleList.filter(({ id }) => ids.has(id)).map(({ code }) => code);
}

export const documentAccess: Table = houseTable<Access>({
  name: 'doc_access',
  note: 'Which role may read which folder of the document share',
  type: null,
  items: () => accessList,
  columns: [
    { name: 'acc_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'folder', type: 'varchar(20)', of: ({ folder }) => folder },
    { name: 'role_id', type: 'integer', of: ({ role }) => role },
    { name: 'rights', type: 'varchar(2)', note: 'R RW', of: ({ rights }) => rights },
  ],
  expect: nothing,
});

interface LocalCode {
  id: number;
  table: string;
  code: string;
  meaning: string;
}

const dictionary: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  SEX: [
    ['M', 'male'],
    ['F', 'female'],
    ['O', 'other'],
    ['U', 'unknown'],
  ],
  ENC_CLS: [
    ['I', 'inpatient'],
    ['O', 'outpatient'],
    ['E', 'emergency'],
    ['H', 'home'],
    ['T', 'telephone or video'],
  ],
  FIN_CLS: [
    ['MCR', 'Medicare'],
    ['MCD', 'Medicaid'],
    ['COM', 'commercial'],
    ['SLF', 'pays alone'],
  ],
  ADJ: [
    ['CON', 'contractual allowance'],
    ['BD', 'written off as bad debt'],
    ['CHR', 'charity'],
    ['SB', 'small balance'],
  ],
};

const localCodes: readonly LocalCode[] = Object.entries(dictionary)
  .flatMap(([table, codes]) => codes.map(([code, meaning]) => ({ table, code, meaning })))
  .map((code, at) => ({ id: at + 1, ...code }));

export const codeTables: Table = houseTable<LocalCode>({
  name: 'code_tables',
  note: 'Meanings of local codes',
  type: null,
  items: () => localCodes,
  columns: [
    { name: 'code_id', type: 'integer PRIMARY KEY', of: ({ id }) => id },
    { name: 'tbl_nm', type: 'varchar(12)', of: ({ table }) => table },
    { name: 'code', type: 'varchar(8)', of: ({ code }) => code },
    { name: 'meaning', type: 'varchar(40)', of: ({ meaning }) => meaning },
  ],
  expect: nothing,
});
