import { z } from 'zod';
import type { Problem } from '../../model/problem.ts';
import type { TargetCapabilities } from '../../model/target.ts';
import type { ProjectText } from './read.ts';

/** What becomes of what a target had before; beside the settings of its connector. */
export const existingSetting = z
  .enum(['link'])
  .optional()
  .describe(
    'The target is in use and has patients of its own: they are read first and linked to (`link`), never doubled, and what its users change is not written over. It should be empty if left out.',
  );

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
    const tell = (message: string, suggestion: string): void => {
      const place = project.place(['targets', name, 'existing']);
      const code = 'existing-unlinkable';
      problems.push({ file: 'handover.yaml', ...place, code, message, suggestion });
    };
    if (document.linkage === undefined) {
      tell(`What target "${name}" has is linked to, but the plan links nobody.`, 'linkage: {}');
    }
    if (Object.keys(document.targets).length > 1) {
      tell(
        `Charts of target "${name}" would not be at the plan's other targets.`,
        'A plan whose target has patients of its own has that target alone.',
      );
    }
    const ownIds = document.targets[name]?.['ids'] === 'server';
    if (capabilities.everything !== true || ownIds) {
      tell(
        `Target "${name}" cannot tell what it has of its own${ownIds ? ' with `ids: server`' : ''}.`,
        'Without `existing` its own patients are not looked at.',
      );
    }
  }
  return problems;
}
