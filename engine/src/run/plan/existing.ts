import type { Problem } from '../../model/problem.ts';
import type { TargetCapabilities } from '../../model/target.ts';
import type { ProjectText } from './read.ts';

interface Planned {
  existing: boolean;
  capabilities: TargetCapabilities;
}

/** What stands in the way of linking to what a target has of its own. */
export function existingProblems(
  project: ProjectText,
  targets: ReadonlyMap<string, Planned>,
): Problem[] {
  const { document } = project;
  const problems: Problem[] = [];
  for (const [name, { existing, capabilities }] of targets) {
    if (!existing) continue;
    const at = { file: 'handover.yaml', ...project.place(['targets', name, 'existing']) };
    if (document.linkage === undefined) {
      problems.push({
        ...at,
        code: 'existing-unlinked',
        message: `What target "${name}" has of its own is linked to, and the plan links nobody.`,
        suggestion: 'linkage: {}',
      });
    }
    if (Object.keys(document.targets).length > 1) {
      problems.push({
        ...at,
        code: 'existing-not-alone',
        message: `Charts that target "${name}" has of its own would not be at the other targets.`,
        suggestion: 'a plan of its own for each target',
      });
    }
    // Ids that the server gives, and a tag on what is written, would be left on charts of its own.
    const settings: Readonly<Record<string, unknown>> = document.targets[name] ?? {};
    const leaves = settings['ids'] === 'server' || typeof settings['ours'] === 'object';
    if (capabilities.everything !== true || leaves) {
      problems.push({
        ...at,
        code: 'existing-untold',
        message: `Target "${name}" cannot be asked for what it has of its own.`,
        suggestion:
          'without `existing`, for an empty target; at a FHIR server, without `ids: server` and without a tag in `ours`',
      });
    }
  }
  return problems;
}
