import { readMappingSource } from '../../mapping/source.ts';
import type { ProjectFile } from '../plan/read.ts';
import { receivablesOf } from '../plan/receivables.ts';
import type { PlanDocument } from '../plan/schema.ts';
import { scopeRules } from '../plan/scope.ts';

/** Who decided on an exclusion, by its stream, reason and rule: the plan's scope, or the mapping. */
export function exclusionOwners(
  plan: PlanDocument,
  mappings: readonly ProjectFile[],
): (cause: { stream: string; code: string; path: string }) => string {
  const rules = new Map(scopeRules(plan.scope).map(({ name, owner }) => [name, owner]));
  const owners = new Map<string, string>();
  for (const { path, text } of mappings.filter((file) => file.text.includes('owner:'))) {
    const { source } = readMappingSource(path, text);
    for (const { reason, owner } of source?.excludes ?? []) {
      owners.set(`${source?.stream.text} ${reason}`, owner);
    }
  }
  return ({ stream, code, path }) => {
    if (code === 'out-of-scope') return rules.get(path) ?? '';
    if (code === 'receivables') return receivablesOf(plan).owner;
    return owners.get(`${stream} ${code}`) ?? '';
  };
}
