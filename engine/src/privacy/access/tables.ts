import type { CsvRow } from '../../terminology/csv.ts';

/**
 * Who may see what in one system, as tables that any system can write: share ACLs, grants of a database,
 * roles of an EHR and restrictions on single patients come in the same four shapes.
 */
export interface AccessTables {
  principals: readonly Principal[];
  members: readonly Membership[];
  objects: readonly AccessObject[];
  grants: readonly Grant[];
  /** Patients whose charts some may not open, though they may open others. */
  restrictions: readonly PatientRestriction[];
}

/** `everyone`: a group of whom nobody lists the members (Everyone, PUBLIC, Domain Users). */
export const principalKinds = ['person', 'service', 'group', 'everyone'] as const;

export interface Principal {
  principal: string;
  kind: (typeof principalKinds)[number];
  enabled: boolean;
  /** Day of the last sign-in, `2026-03-01`; empty where it is not known. */
  lastUsed: string;
}

export interface Membership {
  group: string;
  member: string;
}

export interface AccessObject {
  object: string;
  /** Whether charts, or anything else of patients, can be seen in it. */
  phi: boolean;
  /** Empty where nobody is named. */
  owner: string;
  /** The object whose grants it inherits: a folder's share, a table's schema. */
  within: string;
}

export interface Grant {
  principal: string;
  object: string;
  effect: 'allow' | 'deny';
}

/** `patient` stands for a patient and is nobody's number by the time it gets here. */
export interface PatientRestriction {
  patient: string;
  principal: string;
  object: string;
}

export interface TableProblem {
  table: string;
  line: number;
  message: string;
}

type Row = Readonly<Record<string, string>>;

/** Columns of each table; those after `?` may be missing. */
const columns = {
  principals: ['principal', 'kind', '?enabled', '?last_used'],
  members: ['group', 'member'],
  objects: ['object', '?phi', '?owner', '?within'],
  grants: ['principal', 'object', '?effect'],
  restrictions: ['patient', 'principal', 'object'],
} as const;

export type TableName = keyof typeof columns;

export const tableNames = Object.keys(columns) as TableName[];

/** Read the tables; every row that cannot be read is a problem with its line. */
export function readAccessTables(
  tables: Readonly<Partial<Record<TableName, readonly CsvRow[]>>>,
  tokenOf: (patient: string) => string,
): { tables: AccessTables; problems: TableProblem[] } {
  const problems: TableProblem[] = [];
  const rows = (table: TableName): readonly Row[] => named(table, tables[table] ?? [], problems);
  const said = (text: string | undefined, otherwise: boolean): boolean =>
    text === undefined || text === '' ? otherwise : /^(?:y|yes|t|true|1)$/i.test(text);
  return {
    problems,
    tables: {
      principals: rows('principals').map((row) => ({
        principal: row['principal'] ?? '',
        kind: kindOf(row['kind']),
        enabled: said(row['enabled'], true),
        lastUsed: row['last_used'] ?? '',
      })),
      members: rows('members').map(({ group = '', member = '' }) => ({ group, member })),
      objects: rows('objects').map(({ object = '', phi, owner = '', within = '' }) => ({
        object,
        phi: said(phi, true),
        owner,
        within,
      })),
      grants: rows('grants').map(({ principal = '', object = '', effect }) => ({
        principal,
        object,
        effect: /^deny$/i.test(effect ?? '') ? 'deny' : 'allow',
      })),
      restrictions: rows('restrictions').map(({ patient = '', principal = '', object = '' }) => ({
        patient: tokenOf(patient),
        principal,
        object,
      })),
    },
  };
}

function kindOf(text: string | undefined): Principal['kind'] {
  return principalKinds.find((kind) => kind === text?.toLowerCase()) ?? 'person';
}

function named(table: TableName, rows: readonly CsvRow[], problems: TableProblem[]): Row[] {
  const [header, ...rest] = rows;
  if (header === undefined) return [];
  const names = header.fields.map((name) => name.trim().toLowerCase());
  for (const wanted of columns[table]) {
    if (wanted.startsWith('?') || names.includes(wanted)) continue;
    problems.push({ table, line: header.line, message: `has no column "${wanted}"` });
  }
  return rest.flatMap(({ line, fields }) => {
    if (fields.length === names.length) {
      return [Object.fromEntries(names.map((name, at) => [name, fields[at]?.trim() ?? '']))];
    }
    problems.push({ table, line, message: `has ${fields.length} fields, not ${names.length}` });
    return [];
  });
}
