import type { Problem } from '../../model/problem.ts';
import { compiledRules } from './protection.ts';
import type { ProjectText } from './read.ts';

/** Every mistake of `protection:`. */
export function protectionProblems({ document, place }: ProjectText): Problem[] {
  const plan = document.protection;
  if (plan === undefined) return [];
  const file = 'handover.yaml';
  const unread = compiledRules(plan).problems.map(({ rule: at, ...told }) => ({
    file,
    ...place(['protection', 'rules', at, 'when']),
    code: 'protection-condition',
    ...told,
  }));
  const unplaced = Object.entries(document.targets)
    .filter(([, { jurisdiction }]) => jurisdiction === undefined)
    .flatMap(([name]): Problem[] =>
      Object.keys(plan.within).length === 0
        ? []
        : [
            {
              file,
              ...place(['targets', name]),
              code: 'jurisdiction-missing',
              message: `protection.within needs the jurisdiction of targets.${name}.`,
              suggestion: 'jurisdiction: such as US-MA',
            },
          ],
    );
  return [...unread, ...unplaced];
}
