import type { TargetNeeds, TargetProblem } from '../../model/target.ts';
import type { ServerCapability, TypeCapability } from './capability.ts';

/** What is wanted of a type beyond being there. */
interface Want {
  code: string;
  /** Goes on with the names of the types that lack it. */
  message: string;
  suggestion: string;
  holds: (type: TypeCapability) => boolean;
}

const readBack: Want = {
  code: 'target-cannot-read',
  message: 'The server does not let what is written be read back (interaction `read`)',
  suggestion: 'Let it offer `read` for them: what cannot be read back cannot be verified.',
  holds: ({ does }) => does.has('read'),
};

const takesIds: Want = {
  code: 'target-assigns-ids',
  message:
    'The server does not tell that it takes ids of the client’s choice (`update` with `updateCreate`)',
  suggestion: 'If it takes them without telling so, say `ids: client`.',
  holds: (type) => type.takesIds,
};

/**
 * What a server lacks for a plan, by its CapabilityStatement: every lack at once, each with the types
 * that it concerns.
 */
export function judgeCapability(
  { types }: ServerCapability,
  needs: TargetNeeds,
): readonly TargetProblem[] {
  const wanted = needs.types.toSorted();
  const missing = wanted.filter((type) => !types.has(type));
  const there = wanted.filter((type) => types.has(type));
  const problems: TargetProblem[] = [];
  if (missing.length > 0) {
    problems.push({
      code: 'target-type-missing',
      message: `The server does not have ${missing.join(', ')}.`,
      suggestion: 'Route these types to another target, or let the server have them.',
    });
  }
  for (const { code, message, suggestion, holds } of [readBack, takesIds]) {
    const without = there.filter((type) => !holds(types.get(type) as TypeCapability));
    if (without.length === 0) continue;
    problems.push({ code, message: `${message}: ${without.join(', ')}.`, suggestion });
  }
  return problems;
}
