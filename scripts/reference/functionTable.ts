import { builtIns } from '../../engine/src/fhirpath/builtIns.ts';
import type { FunctionDefinition } from '../../engine/src/fhirpath/environment.ts';
import { keyFunction, referenceFunction } from '../../engine/src/mapping/reference.ts';
import {
  decimalFunction,
  mapFunction,
  narrativeFunction,
} from '../../engine/src/mapping/rowFunctions.ts';
import { timeFunctions } from '../../engine/src/mapping/timeFunctions.ts';
import { code, tableOf } from './markdown.ts';

/** What a mapping's expressions may call beside FHIRPath's own functions. */
function rowFunctions(): FunctionDefinition[] {
  const identities = { identify: () => Buffer.alloc(0), stableId: () => '' };
  return [
    mapFunction(new Map(), new Set()),
    ...timeFunctions({}),
    decimalFunction,
    referenceFunction(new Map(), identities, new Map()),
    keyFunction,
    narrativeFunction,
  ];
}

/** The generated part of docs/reference/mapping.md. */
export function functionTable(): string {
  const rows = rowFunctions().map((definition) => [
    code(signature(definition)),
    `${definition.summary}${parameters(definition)}`,
    definition.example === undefined ? '' : code(definition.example),
  ]);
  const names = [...builtIns.keys()].toSorted().map((name) => code(name));
  return `${tableOf(['function', 'what it gives', 'example'], rows)}

FHIRPath's own: ${names.join(', ')}.`;
}

function signature({ name, input, parameters: given }: FunctionDefinition): string {
  const words = given.map((one) => {
    const word = one.repeated === true ? `${one.name}…` : one.name;
    return one.optional === true ? `[${word}]` : word;
  });
  const before = [input].flat().includes('none') ? '' : '.';
  return `${before}${name}(${words.join(', ')})`;
}

function parameters({ parameters: given }: FunctionDefinition): string {
  return given
    .flatMap(({ name, summary }) => (summary === undefined ? [] : [` _${name}_: ${summary}`]))
    .join('');
}
