import { conversionFunctions } from './functions/conversion.ts';
import { existenceFunctions } from './functions/existence.ts';
import { filteringFunctions } from './functions/filtering.ts';
import { keyFunctions } from './functions/keys.ts';
import { mathFunctions } from './functions/mathematics.ts';
import { navigationFunctions } from './functions/navigation.ts';
import { rowFunctions } from './functions/rows.ts';
import { stringFunctions } from './functions/strings.ts';
import { subsettingFunctions } from './functions/subsetting.ts';
import { utilityFunctions } from './functions/utility.ts';
import type { BuiltIn } from './scope.ts';

/** Every function of the language by name. */
export const builtIns: ReadonlyMap<string, BuiltIn> = new Map(
  [
    existenceFunctions,
    filteringFunctions,
    subsettingFunctions,
    conversionFunctions,
    stringFunctions,
    mathFunctions,
    navigationFunctions,
    utilityFunctions,
    rowFunctions,
    keyFunctions,
  ].flatMap((group) => Object.entries(group)),
);
