import { people, reachOf, restricted, groupsOf, type Reach } from './reach.ts';
import type { AccessTables } from './tables.ts';

/** Which role of the new system whom of the old one gets, and what each role sees of the old objects. */
export interface RoleMap {
  /** To a principal or group of the old system, a role of the new one; roles add up. */
  give: readonly { to: string; role: string }[];
  /** What a role sees, in the words of the old system: its objects. */
  roles: Readonly<Record<string, readonly string[]>>;
  /** Whether restrictions on single patients are carried over. */
  patientRestrictions: 'carried' | 'lost';
  /** Gains that somebody answers for. */
  accepted: readonly { role: string; object: string; owner: string; reason: string }[];
}

/** The same people gain, or lose, the same object for the same reason. */
export interface AccessChange {
  kind: 'gains' | 'loses' | 'gains-restricted';
  object: string;
  /** The role that gives it; for what is lost the old group that gave it. */
  by: string;
  people: readonly string[];
  /** Restricted charts that would open, over all of the people; patients are counted once each. */
  charts: number;
  accepted: boolean;
}

export interface Simulation {
  changes: readonly AccessChange[];
  /** People who get no role at all. */
  without: readonly string[];
  /** By person, their roles. */
  assignments: ReadonlyMap<string, readonly string[]>;
}

/** The roles that each person gets. */
export function assignmentsBy(
  tables: AccessTables,
  { give }: RoleMap,
): ReadonlyMap<string, readonly string[]> {
  const groups = groupsOf(tables);
  return new Map(
    people(tables).map(({ principal }) => {
      const own = new Set(groups(principal));
      const roles = new Set(give.filter(({ to }) => own.has(to)).map(({ role }) => role));
      return [principal, [...roles].toSorted()];
    }),
  );
}

/**
 * Who would gain and who would lose what, were people given these roles. `assignments` are those of the role
 * map unless the new system's own are given.
 */
export function simulate(
  tables: AccessTables,
  map: RoleMap,
  assignments: ReadonlyMap<string, readonly string[]> = assignmentsBy(tables, map),
): Simulation {
  const before = reachOf(tables);
  const after = reachAfter(map, assignments);
  const kept = restricted(tables);
  const found = new Map<
    string,
    { change: AccessChange; people: Set<string>; charts: Set<string> }
  >();
  const note = (
    kind: AccessChange['kind'],
    person: string,
    object: string,
    by: string,
    charts: Iterable<string> = [],
  ): void => {
    const accepted = kind !== 'loses' && isAccepted(map, by, object);
    const change = { kind, object, by, people: [], charts: 0, accepted };
    const own = found.get(`${kind}\n${object}\n${by}`) ?? {
      change,
      people: new Set<string>(),
      charts: new Set<string>(),
    };
    own.people.add(person);
    for (const chart of charts) own.charts.add(chart);
    found.set(`${kind}\n${object}\n${by}`, own);
  };
  for (const person of new Set([...before.keys(), ...after.keys()])) {
    const had = before.get(person) ?? new Map<string, string>();
    const has = after.get(person) ?? new Map<string, string>();
    for (const [object, by] of has) {
      if (!had.has(object)) note('gains', person, object, by);
      const charts = kept.get(`${person}\n${object}`);
      if (charts && map.patientRestrictions === 'lost') {
        note('gains-restricted', person, object, by, charts);
      }
    }
    for (const [object, by] of had) if (!has.has(object)) note('loses', person, object, by);
  }
  return {
    changes: [...found.values()].map(({ change, people: who, charts }) => ({
      ...change,
      people: [...who].toSorted(),
      charts: charts.size,
    })),
    without: [...assignments].flatMap(([person, roles]) => (roles.length === 0 ? [person] : [])),
    assignments,
  };
}

function reachAfter(
  { roles }: RoleMap,
  assignments: ReadonlyMap<string, readonly string[]>,
): Reach {
  const reach = new Map<string, Map<string, string>>();
  for (const [person, own] of assignments) {
    const seen = new Map<string, string>();
    for (const role of own) {
      for (const object of roles[role] ?? []) if (!seen.has(object)) seen.set(object, role);
    }
    if (seen.size > 0) reach.set(person, seen);
  }
  return reach;
}

function isAccepted({ accepted }: RoleMap, role: string, object: string): boolean {
  return accepted.some((one) => one.role === role && one.object === object);
}

/** Where the new system is not as it was planned. */
export interface RoleDifference {
  kind: 'role-missing' | 'role-extra' | 'role-unknown' | 'person-unknown';
  role: string;
  people: readonly string[];
}

/** The new system's own list against the plan: who has which role, one by one. */
export function compareRoles(
  planned: ReadonlyMap<string, readonly string[]>,
  found: ReadonlyMap<string, readonly string[]>,
  roles: RoleMap['roles'],
): RoleDifference[] {
  const different = new Map<string, RoleDifference & { people: string[] }>();
  const note = (kind: RoleDifference['kind'], role: string, person: string): void => {
    const one = different.get(`${kind}\n${role}`) ?? { kind, role, people: [] };
    one.people.push(person);
    different.set(`${kind}\n${role}`, one);
  };
  for (const person of new Set([...planned.keys(), ...found.keys()])) {
    const wanted = planned.get(person);
    const has = found.get(person) ?? [];
    if (wanted === undefined) note('person-unknown', '', person);
    for (const role of has) {
      if (!Object.hasOwn(roles, role)) note('role-unknown', role, person);
      else if (!(wanted ?? []).includes(role)) note('role-extra', role, person);
    }
    for (const role of wanted ?? []) if (!has.includes(role)) note('role-missing', role, person);
  }
  return [...different.values()];
}
