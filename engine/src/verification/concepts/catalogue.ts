import { allergy } from './allergy.ts';
import { care } from './care.ts';
import type { Concept } from './concept.ts';
import { encounter } from './encounter.ts';
import { house } from './house.ts';
import { identity } from './identity.ts';
import { medication } from './medication.ts';
import { message } from './message.ts';
import { money } from './money.ts';
import { paper } from './paper.ts';
import { practitioner } from './practitioner.ts';
import { problem } from './problem.ts';
import { protection } from './protection.ts';
import { result } from './result.ts';

/** Every concept that `facts:` may name, by name. A new domain is one file and one line here. */
export const concepts: ReadonlyMap<string, Concept> = new Map(
  [
    identity,
    practitioner,
    house,
    encounter,
    allergy,
    medication,
    problem,
    result,
    care,
    paper,
    money,
    protection,
    message,
  ]
    .flat()
    .map((concept) => [concept.name, concept]),
);
