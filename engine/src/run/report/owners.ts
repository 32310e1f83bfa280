import { setAsideReason } from '../../model/draft.ts';
import { readMappingSource } from '../../mapping/source.ts';
import type { ProjectFile } from '../plan/read.ts';
import { receivablesOf } from '../plan/receivables.ts';
import type { PlanDocument } from '../plan/schema.ts';
import { scopeRules } from '../plan/scope.ts';

/** Who chooses which of the records with one key stands: `handover quarantine choose`. */
const chooser = 'operator';

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
    if (code === setAsideReason) return chooser;
    if (code === 'receivables') return receivablesOf(plan).owner;
    return owners.get(`${stream} ${code}`) ?? '';
  };
}

/** Whose domain the records of a stream are of, by the plan's scope; the owners of several rules are all named. */
export function domainOwners(
  plan: PlanDocument,
  mappings: readonly ProjectFile[],
): (stream: string) => { owner?: string } {
  const byDomain = Map.groupBy(scopeRules(plan.scope), ({ domain }) => domain);
  const owners = new Map<string, string>();
  for (const { path, text } of byDomain.size === 0 ? [] : mappings) {
    const { source } = readMappingSource(path, text);
    const rules = byDomain.get(source?.scope?.domain ?? '') ?? [];
    const named = [...new Set(rules.map(({ owner }) => owner))].join(', ');
    if (source !== undefined && named !== '') owners.set(source.stream.text, named);
  }
  return (stream) => {
    const owner = owners.get(stream);
    return owner === undefined ? {} : { owner };
  };
}
