import type { AccessTables, Grant, Principal } from './tables.ts';

/** By person, the objects with PHI that they can see, and how they come to it. */
export type Reach = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The groups a principal is in, itself first and groups of groups too; circles end. */
export function groupsOf(tables: AccessTables): (principal: string) => readonly string[] {
  const direct = Map.groupBy(tables.members, ({ member }) => member);
  const everyone = tables.principals.flatMap(({ kind, principal }) =>
    kind === 'everyone' ? [principal] : [],
  );
  return (principal) => {
    const found = new Set([principal]);
    for (const one of found) {
      for (const { group } of direct.get(one) ?? []) found.add(group);
    }
    return [...found, ...everyone.filter((one) => !found.has(one))];
  };
}

/**
 * Who can see which object that holds PHI. An object's own grants decide before those it inherits; in one
 * place a denial outweighs a permission, whichever group it is laid on.
 */
export function reachOf(tables: AccessTables): Reach {
  const groups = groupsOf(tables);
  const grants = Map.groupBy(tables.grants, ({ object }) => object);
  const within = new Map(tables.objects.map(({ object, within: parent }) => [object, parent]));
  const holding = tables.objects.filter(({ phi }) => phi).map(({ object }) => object);
  const places = new Map(holding.map((object) => [object, chainOf(object, within)]));
  const reach = new Map<string, Map<string, string>>();
  for (const person of people(tables)) {
    const own = groups(person.principal);
    const seen = new Map<string, string>();
    for (const object of holding) {
      const by = decided(places.get(object) ?? [], grants, own);
      if (by?.effect === 'allow') seen.set(object, by.principal);
    }
    if (seen.size > 0) reach.set(person.principal, seen);
  }
  return reach;
}

/** Whoever can sign in. */
export function people({ principals }: AccessTables): readonly Principal[] {
  return principals.filter(
    ({ kind, enabled }) => enabled && (kind === 'person' || kind === 'service'),
  );
}

function chainOf(object: string, within: ReadonlyMap<string, string>): string[] {
  const chain: string[] = [];
  for (let at = object; at !== '' && !chain.includes(at); at = within.get(at) ?? '') chain.push(at);
  return chain;
}

function decided(
  places: readonly string[],
  grants: ReadonlyMap<string, readonly Grant[]>,
  own: readonly string[],
): Grant | undefined {
  for (const place of places) {
    const laid = (grants.get(place) ?? []).filter(({ principal }) => own.includes(principal));
    const decides = laid.find(({ effect }) => effect === 'deny') ?? laid[0];
    if (decides !== undefined) return decides;
  }
  return undefined;
}

/** What restrictions on single patients keep from whom: `person` and `object` with the patients. */
export function restricted(tables: AccessTables): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = groupsOf(tables);
  const laid = Map.groupBy(tables.restrictions, ({ principal }) => principal);
  const kept = new Map<string, Set<string>>();
  for (const { principal } of people(tables)) {
    for (const group of groups(principal)) {
      for (const { object, patient } of laid.get(group) ?? []) {
        const place = `${principal}\n${object}`;
        kept.set(place, (kept.get(place) ?? new Set<string>()).add(patient));
      }
    }
  }
  return kept;
}
