import { allergy } from './allergy.ts';
import type { Concept } from './concept.ts';
import { encounter } from './encounter.ts';
import { identity } from './identity.ts';
import { medication } from './medication.ts';
import { money } from './money.ts';
import { practitioner } from './practitioner.ts';
import { problem } from './problem.ts';
import { protection } from './protection.ts';
import { result } from './result.ts';

/** Every concept that `facts:` may name, by name. A new domain is one file and one line here. */
export const concepts: ReadonlyMap<string, Concept> = new Map(
  [identity, practitioner, encounter, allergy, medication, problem, result, money, protection]
    .flat()
    .map((concept) => [concept.name, concept]),
);
