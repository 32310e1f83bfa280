import type { Queries } from '../../store/session.ts';

/** Rows of the four tables of access, as they would stand in files. */
export interface GrantTables {
  principals: string[][];
  members: string[][];
  objects: string[][];
  grants: string[][];
}

/**
 * Who may read which table of a schema, by PostgreSQL's own catalogue: roles, memberships, owners and
 * grants of SELECT on tables. A superuser sees everything and is granted it by nobody; `PUBLIC` is everyone.
 */
export async function readGrants(queries: Queries, schema: string): Promise<GrantTables> {
  const rows = async (sql: string, values: unknown[] = []): Promise<string[][]> => {
    const { rows: found } = await queries.query<{ row: string[] }>(sql, values);
    return found.map(({ row }) => row);
  };
  return {
    principals: await rows(principalsSql),
    members: await rows(membersSql),
    objects: await rows(objectsSql, [schema]),
    grants: await rows(grantsSql, [schema]),
  };
}

const ownRoles = `not rolname like 'pg\\_%'`;

const principalsSql = `
  select array[rolname::text, case when rolcanlogin then 'person' else 'group' end,
               case when rolcanlogin and rolvaliduntil < now() then 'no' else 'yes' end] as row
    from pg_roles where ${ownRoles}
  union all select array['PUBLIC', 'everyone', 'yes']
  order by 1`;

const membersSql = `
  select array[g.rolname::text, m.rolname::text] as row
    from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
   where not m.rolname like 'pg\\_%' and not g.rolname like 'pg\\_%' order by 1`;

const objectsSql = `
  select array[n.nspname || '.' || c.relname, 'yes', pg_get_userbyid(c.relowner)::text] as row
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'p', 'f') order by 1`;

/** Whom a grant names that cannot use the schema is not let in by it. */
const grantsSql = `
  select array[grantee, object, 'allow'] as row from (
    select case when a.grantee = 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end as grantee,
           n.nspname || '.' || c.relname as object, a.grantee as oid
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
           cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
     where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'p', 'f') and a.privilege_type = 'SELECT'
    union
    select r.rolname::text, n.nspname || '.' || c.relname, r.oid
      from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join pg_roles r
     where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'p', 'f') and r.rolsuper
  ) granted
  where oid = 0 or has_schema_privilege(oid, $1, 'usage')
  order by 1`;
