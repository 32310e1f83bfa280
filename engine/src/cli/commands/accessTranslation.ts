import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { postgresConnector } from '../../connectors/postgres/postgresConnector.ts';
import { readGrants } from '../../connectors/postgres/grants.ts';
import type { PostgresConfiguration } from '../../connectors/postgres/configuration.ts';
import { tokenOf } from '../../keys/stableId.ts';
import { accessFindings, type AccessFinding } from '../../privacy/access/findings.ts';
import { people, reachOf } from '../../privacy/access/reach.ts';
import {
  assignmentsBy,
  compareRoles,
  simulate,
  type AccessChange,
  type RoleDifference,
  type RoleMap,
  type Simulation,
} from '../../privacy/access/simulate.ts';
import {
  readAccessTables,
  tableNames,
  type AccessTables,
  type TableName,
} from '../../privacy/access/tables.ts';
import { sourcesOfKind } from '../../run/plan/compile.ts';
import { readProject } from '../../run/plan/read.ts';
import { judgeYaml } from '../../run/plan/shape.ts';
import { shownCount, type ShownCount } from '../../privacy/smallCells.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { openDatabase } from '../../store/database.ts';
import { parseCsv, type CsvRow } from '../../terminology/csv.ts';
import { several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';

/** Where the old system's access comes from: a folder of tables, or the catalogue of a source. */
export interface OldAccess {
  old?: string;
  source?: string;
}

/** `handover access inventory`: who can reach PHI in the old system, and who should not. */
export async function accessInventoryCommand(
  project: Project,
  output: Output,
  options: OldAccess & Cells & { staleBefore?: string },
): Promise<ExitCode> {
  const tables = await oldTables(project, options);
  const reach = reachOf(tables);
  const findings = accessFindings(tables, reach, options.staleBefore ?? ninetyDaysAgo());
  const counts = {
    people: people(tables).length,
    reachingPhi: reach.size,
    objects: tables.objects.filter(({ phi }) => phi).length,
    restrictedCharts: shownCount(
      new Set(tables.restrictions.map(({ patient }) => patient)).size,
      options.smallestCell,
    ),
  };
  output.data({ format: 'handover-access-inventory/2', ...counts, findings }, () => [
    `${several(counts.people, 'person', 'people')} can sign in, ${counts.reachingPhi} reach PHI in ${several(counts.objects, 'object')}`,
    `${charts(counts.restrictedCharts)} with restrictions of their own`,
    ...(findings.length === 0 ? [] : ['', ...findingLines(findings)]),
  ]);
  return exitCodes.ok;
}

/** `handover access simulate`: who would gain and lose what; exit 9 for a gain that nobody answers for. */
export async function accessSimulateCommand(
  project: Project,
  output: Output,
  options: OldAccess & Cells & { roles: string },
): Promise<ExitCode> {
  const tables = await oldTables(project, options);
  const map = await roleMapOf(project, output, options.roles);
  const simulation = shown(simulate(tables, map), options);
  output.data(simulationData(simulation), () => simulationLines(simulation));
  return open(simulation.changes).length === 0 ? exitCodes.ok : exitCodes.approvalNeeded;
}

/** `handover access verify`: the new system's own list of roles against the plan; exit 5 where it differs. */
export async function accessVerifyCommand(
  project: Project,
  output: Output,
  options: OldAccess & Cells & { roles: string; new: string },
): Promise<ExitCode> {
  const tables = await oldTables(project, options);
  const map = await roleMapOf(project, output, options.roles);
  const found = await newRoles(path.resolve(project.folder, options.new));
  const differences = compareRoles(assignmentsBy(tables, map), found, map.roles);
  const simulation = shown(simulate(tables, map, found), options);
  const gains = open(simulation.changes);
  output.data(
    { ...simulationData(simulation), format: 'handover-access-verify/2', differences },
    () => [...differenceLines(differences), ...simulationLines({ ...simulation, changes: gains })],
  );
  const right = differences.length === 0 && gains.length === 0;
  return right ? exitCodes.ok : exitCodes.verificationDiffers;
}

interface Cells {
  /** The smallest count of charts that is shown. */
  smallestCell: number;
}

type ShownChange = Omit<AccessChange, 'charts'> & { charts: ShownCount };

interface ShownSimulation extends Pick<Simulation, 'without'> {
  changes: readonly ShownChange[];
}

function shown({ changes, without }: Simulation, { smallestCell }: Cells): ShownSimulation {
  const told = changes.map((one) => ({ ...one, charts: shownCount(one.charts, smallestCell) }));
  return { changes: told, without };
}

function charts(count: ShownCount): string {
  return typeof count === 'number' ? several(count, 'chart') : `${count} charts`;
}

function open(changes: readonly ShownChange[]): readonly ShownChange[] {
  return changes.filter(({ kind, accepted }) => kind !== 'loses' && !accepted);
}

function simulationData({ changes, without }: ShownSimulation): object {
  return { format: 'handover-access-simulation/2', changes, without };
}

const words: Readonly<Record<AccessChange['kind'], string>> = {
  gains: 'would gain access to',
  loses: 'would lose access to',
  'gains-restricted': 'would see charts that were closed to them in',
};

function simulationLines({ changes, without }: ShownSimulation): string[] {
  const told = changes.map(({ kind, object, by, people: who, charts: opened, accepted }) => {
    const closed = opened === 0 ? '' : ` (${charts(opened)})`;
    const through = kind === 'loses' ? `, had by ${by}` : ` through ${by}`;
    const answered = accepted ? ', accepted' : '';
    return `${several(who.length, 'person', 'people')} ${words[kind]} ${object}${closed}${through}${answered}: ${who.join(', ')}`;
  });
  if (without.length === 0) return told;
  return [
    ...told,
    `${several(without.length, 'person', 'people')} without a role: ${without.join(', ')}`,
  ];
}

function differenceLines(differences: readonly RoleDifference[]): string[] {
  return differences.map(
    ({ kind, role, people: who }) => `${kind}${role === '' ? '' : ` ${role}`}: ${who.join(', ')}`,
  );
}

function findingLines(findings: readonly AccessFinding[]): string[] {
  return table(
    ['finding', 'about', 'count'],
    findings.map(({ code, about, count }) => [code, about, count]),
  );
}

async function oldTables(project: Project, { old, source }: OldAccess): Promise<AccessTables> {
  if ((old === undefined) === (source === undefined)) {
    throw new HandoverError('access-source', 'Say where the old access stands, in one way.', {
      exitCode: exitCodes.usage,
      next: 'Name a folder of tables with --old, or a PostgreSQL source of the plan with --source.',
    });
  }
  const rows =
    source === undefined
      ? await folderRows(path.resolve(project.folder, old as string))
      : await catalogueRows(project, source);
  // A number in the file is not what anybody reads here: it is a token before it is anything else.
  const tokenFor = (patient: string): string =>
    tokenOf(project.key.tag('access patient', patient)).toString('hex');
  const { tables, problems } = readAccessTables(rows, tokenFor);
  if (problems.length === 0) return tables;
  const [{ table: name, line, message }] = problems as [(typeof problems)[number]];
  throw new HandoverError('access-table', `${name}.csv:${line} ${message}.`, {
    exitCode: exitCodes.usage,
    next: `Mend it; ${several(problems.length, 'line')} cannot be read. The guide lists the columns.`,
  });
}

type TableRows = Partial<Record<TableName, readonly CsvRow[]>>;

async function folderRows(folder: string): Promise<TableRows> {
  const rows: TableRows = {};
  for (const name of tableNames) {
    const text = await textOf(
      path.join(folder, `${name}.csv`),
      name === 'restrictions' || name === 'members',
    );
    if (text !== undefined) rows[name] = parseCsv(text).rows;
  }
  return rows;
}

async function textOf(file: string, optional: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    if (optional) return undefined;
    throw new HandoverError('access-table', `There is no ${path.basename(file)}.`, {
      cause: error,
      exitCode: exitCodes.usage,
      next: 'A folder has principals.csv, objects.csv and grants.csv, and may have the other two.',
    });
  }
}

const headers: Readonly<Record<Exclude<TableName, 'restrictions'>, string[]>> = {
  principals: ['principal', 'kind', 'enabled'],
  members: ['group', 'member'],
  objects: ['object', 'phi', 'owner'],
  grants: ['principal', 'object', 'effect'],
};

async function catalogueRows(project: Project, name: string): Promise<TableRows> {
  const { value: text } = await readProject(project.folder);
  const found =
    text && sourcesOfKind<PostgresConfiguration>(text, postgresConnector, project.environment);
  const settings = found?.value?.get(name);
  if (settings === undefined) {
    throw new HandoverError('access-source', `The plan has no PostgreSQL source "${name}".`, {
      exitCode: exitCodes.usage,
      next: 'Name one of `kind: postgres`, or a folder of tables with --old.',
    });
  }
  const database = openDatabase({ url: settings.url }, { log: project.log, max: 1 });
  try {
    const tables = await readGrants(database, settings.schema);
    const withHeader = (which: keyof typeof headers): CsvRow[] =>
      [headers[which], ...tables[which]].map((fields, at) => ({ line: at + 1, fields }));
    return Object.fromEntries(
      (Object.keys(headers) as (keyof typeof headers)[]).map((which) => [which, withHeader(which)]),
    );
  } finally {
    await database.close();
  }
}

const roleMapSchema = z.strictObject({
  give: z
    .array(z.strictObject({ to: z.string().min(1), role: z.string().min(1) }))
    .min(1)
    .describe('To a principal or group of the old system, a role of the new one.'),
  roles: z
    .record(z.string(), z.array(z.string().min(1)))
    .describe('By role of the new system, the objects of the old one whose content it sees.'),
  patientRestrictions: z
    .enum(['carried', 'lost'])
    .describe('Whether the new system keeps closed what was closed to somebody in single charts.'),
  accepted: z
    .array(
      z.strictObject({
        role: z.string().min(1),
        object: z.string().min(1),
        owner: z.string().min(1),
        reason: z.string().min(1),
      }),
    )
    .default([])
    .describe('Gains that somebody answers for.'),
});

async function roleMapOf(project: Project, output: Output, file: string): Promise<RoleMap> {
  const text = await readFile(path.resolve(project.folder, file), 'utf8').catch(
    (error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new HandoverError('input-missing', `There is no file ${file}.`, {
        cause: error,
        exitCode: exitCodes.usage,
        next: 'Write the role map first: the guide has one to start from.',
      });
    },
  );
  const { value, problems, place } = judgeYaml(file, text, roleMapSchema);
  const strangers = (value?.give ?? []).flatMap(({ role }, at) =>
    Object.hasOwn(value?.roles ?? {}, role)
      ? []
      : [
          {
            file,
            ...place(['give', at, 'role']),
            code: 'role-unknown',
            message: `roles: has no "${role}".`,
          },
        ],
  );
  const all = [...problems, ...strangers];
  if (value !== undefined && all.length === 0) return value;
  output.problems(all);
  throw planInvalid(all.length);
}

/** Who has which role, as the new system lists it: CSV with `principal` and `role`. */
async function newRoles(file: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const [header, ...rows] = parseCsv((await textOf(file, false)) ?? '').rows;
  const at = (name: string): number => header?.fields.indexOf(name) ?? -1;
  const [who, what] = [at('principal'), at('role')];
  if (who === -1 || what === -1) {
    throw new HandoverError('access-table', 'The new list lacks the column principal or role.', {
      exitCode: exitCodes.usage,
      next: 'It is a CSV with one line for each role of each person.',
    });
  }
  const roles = new Map<string, string[]>();
  for (const { fields } of rows) {
    const person = fields[who] ?? '';
    roles.set(person, [...(roles.get(person) ?? []), fields[what] ?? '']);
  }
  return roles;
}

function ninetyDaysAgo(): string {
  const then = systemClock.now().getTime() - 90 * 24 * 60 * 60 * 1000;
  return new Date(then).toISOString().slice(0, 10);
}
