import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { ConnectorServices } from '../../model/connector.ts';
import type { Problem } from '../../model/problem.ts';
import type { CompiledPlan } from './compile.ts';

/**
 * What the targets of a plan lack for what its mappings make, as each tells of itself: every lack of
 * every target at once. Nothing is written. Which drafts a route sends where depends on the drafts,
 * so each target that a rule names is asked for every type.
 * @throws HandoverError as the connector does where a target cannot be asked.
 */
export async function targetProblems(
  plan: CompiledPlan,
  mappings: ReadonlyMap<string, CompiledMapping>,
  services: ConnectorServices,
  signal: AbortSignal,
): Promise<Problem[]> {
  const types = typesOf(mappings);
  const problems: Problem[] = [];
  for (const name of routedTo(plan)) {
    const target = plan.targets.get(name)?.create({ ...services, name });
    for (const found of (await target?.judge?.({ types }, signal)) ?? []) {
      const message = `targets.${name}: ${found.message}`;
      const place = plan.project.place(['targets', name]);
      problems.push({ file: 'handover.yaml', ...place, ...found, message });
    }
  }
  return problems;
}

function typesOf(mappings: ReadonlyMap<string, CompiledMapping>): string[] {
  const names = [...mappings.values()].flatMap(({ resources }) => resources);
  return [...new Set(names.map((name) => name.replace(/#.*$/, '')))];
}

function routedTo({ project, targets }: CompiledPlan): string[] {
  const { route } = project.document;
  const named = route?.flatMap(({ to }) => to);
  return [...targets.keys()].filter((name) => named?.includes(name) ?? true);
}
