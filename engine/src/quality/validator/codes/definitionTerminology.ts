import { toJson, type JsonObject } from '../../../base/json.ts';
import type { ConceptTable } from '../../../terminology/concepts.ts';
import { codeSystemOf, valueSetOf } from '../../../terminology/fhirTerminology.ts';
import type { TerminologyBase } from '../../../terminology/terminology.ts';
import type { ValueSetRules } from '../../../terminology/valueSet.ts';
import type { Definitions } from '../definitions/store.ts';
import { Kept } from '../kept.ts';
import { grammarOf } from './grammars.ts';

/**
 * Code systems and value sets of definitions (R4's own, those of guides), each made when it is first
 * asked for, and systems whose codes are told by their form. A code without a system is not looked for in them:
 * hundreds have `active`.
 */
export function definitionTerminology(definitions: Definitions): TerminologyBase {
  const systems = new Kept<ConceptTable | null>();
  const sets = new Kept<ValueSetRules | null>();
  return {
    systems: [],
    maps: [],
    system: (canonical) => {
      const known = systems.get(canonical);
      if (known !== undefined) return known ?? undefined;
      const found = definitions.codeSystem(canonical);
      const made = found?.content === 'complete' ? codeSystemOf(jsonOf(found)) : undefined;
      systems.keep(canonical, made ?? null);
      return made;
    },
    valueSet: (canonical) => {
      const known = sets.get(canonical);
      if (known !== undefined) return known ?? undefined;
      const found = definitions.valueSet(canonical);
      const made = found && valueSetOf(jsonOf(found));
      sets.keep(canonical, made ?? null);
      return made;
    },
    form: (system) => grammarOf(system.replace(/\|.*$/, '')),
  };
}

function jsonOf(definition: object): JsonObject {
  return toJson(definition) as JsonObject;
}
