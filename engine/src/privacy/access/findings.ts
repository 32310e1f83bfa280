import { people, type Reach } from './reach.ts';
import type { AccessTables } from './tables.ts';

/** What is wrong with who can see what, before anything moves. */
export interface AccessFinding {
  code:
    | 'everyone-sees-phi'
    | 'account-stale'
    | 'account-disabled-granted'
    | 'owner-missing'
    | 'owner-orphaned'
    | 'principal-unknown'
    | 'object-unknown';
  /** The object, or the principal where no object is at fault. */
  about: string;
  /** How many people it lets in, or objects it opens. */
  count: number;
}

/**
 * Who can reach PHI and should not, and what nobody answers for. `staleBefore`: a day such as
 * `2026-03-01`; who has not signed in since is stale, who never did as far as is known is not.
 */
export function accessFindings(
  tables: AccessTables,
  reach: Reach,
  staleBefore: string,
): AccessFinding[] {
  const known = new Map(tables.principals.map((one) => [one.principal, one]));
  const objects = new Set(tables.objects.map(({ object }) => object));
  const holding = tables.objects.filter(({ phi }) => phi);
  const byEveryone = new Map<string, number>();
  for (const seen of reach.values()) {
    for (const [object, by] of seen) {
      if (known.get(by)?.kind !== 'everyone') continue;
      byEveryone.set(object, (byEveryone.get(object) ?? 0) + 1);
    }
  }
  const finding = (code: AccessFinding['code'], about: string, count = 1): AccessFinding => ({
    code,
    about,
    count,
  });
  const stale = people(tables).filter(
    ({ principal, lastUsed }) => lastUsed !== '' && lastUsed < staleBefore && reach.has(principal),
  );
  const opened = new Set([
    ...tables.members.map(({ member }) => member),
    ...tables.grants.flatMap(({ principal, effect }) => (effect === 'allow' ? [principal] : [])),
  ]);
  const disabled = tables.principals.filter(
    ({ principal, enabled }) => !enabled && opened.has(principal),
  );
  const named = [...tables.grants, ...tables.members.map(({ group }) => ({ principal: group }))];
  const strangers = new Set(
    named.map(({ principal }) => principal).filter((name) => !known.has(name)),
  );
  const unplaced = new Set(
    tables.grants.map(({ object }) => object).filter((name) => !objects.has(name)),
  );
  return [
    ...[...byEveryone].map(([object, count]) => finding('everyone-sees-phi', object, count)),
    ...stale.map(({ principal }) =>
      finding('account-stale', principal, reach.get(principal)?.size ?? 0),
    ),
    ...disabled.map(({ principal }) => finding('account-disabled-granted', principal)),
    ...holding.flatMap(({ object, owner }) => {
      if (owner === '') return [finding('owner-missing', object)];
      return known.get(owner)?.enabled === true ? [] : [finding('owner-orphaned', object)];
    }),
    ...[...strangers].map((name) => finding('principal-unknown', name)),
    ...[...unplaced].map((name) => finding('object-unknown', name)),
  ];
}
