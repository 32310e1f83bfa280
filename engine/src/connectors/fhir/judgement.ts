import type { TargetNeeds, TargetProblem } from '../../model/target.ts';
import type { ServerCapability, TypeCapability } from './capability.ts';
import type { FhirConfiguration } from './configuration.ts';

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
  suggestion:
    'If it takes them without telling so, say `ids: client`; if it gives its own, say `ids: server`.',
  holds: (type) => type.takesIds,
};

const createsOnce: Want = {
  code: 'target-creates-blindly',
  message: 'The server does not create on condition (`create` with `conditionalCreate`)',
  suggestion: 'Let it: without `If-None-Exist` a lost answer would make two of one.',
  holds: (type) => type.createsOnce,
};

const updates: Want = {
  code: 'target-cannot-update',
  message: 'The server does not let what is written be changed (interaction `update`)',
  suggestion: 'Let it offer `update` for them: a later run corrects what an earlier one wrote.',
  holds: ({ does }) => does.has('update'),
};

const searches: Want = {
  code: 'target-cannot-search',
  message: 'The server cannot be asked for what has our mark (interaction `search-type`)',
  suggestion: 'Let it offer `search-type` for them: a lost answer is settled by searching.',
  holds: ({ search }) => search,
};

const wants: Readonly<Record<FhirConfiguration['ids'], readonly Want[]>> = {
  told: [readBack, takesIds],
  client: [readBack, takesIds],
  server: [readBack, createsOnce, updates, searches],
};

/**
 * What a server lacks for a plan, by its CapabilityStatement: every lack at once, each with the types
 * that it concerns.
 */
export function judgeCapability(
  { types }: ServerCapability,
  ids: FhirConfiguration['ids'],
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
  for (const { code, message, suggestion, holds } of wants[ids]) {
    const without = there.filter((type) => !holds(types.get(type) as TypeCapability));
    if (without.length === 0) continue;
    problems.push({ code, message: `${message}: ${without.join(', ')}.`, suggestion });
  }
  return problems;
}
