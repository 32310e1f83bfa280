import { builtIns } from '../../engine/src/fhirpath/builtIns.ts';
import type {
  FunctionDefinition,
  RelationDefinition,
} from '../../engine/src/fhirpath/environment.ts';
import { CodesAsText } from '../../engine/src/mapping/codesAsText.ts';
import {
  keyFunction,
  linkFunction,
  referenceFunction,
} from '../../engine/src/mapping/reference.ts';
import { JoinUses } from '../../engine/src/mapping/related.ts';
import { relationFunctions } from '../../engine/src/mapping/relations.ts';
import {
  decimalFunction,
  mapFunction,
  narrativeFunction,
} from '../../engine/src/mapping/rowFunctions.ts';
import { textFunctions } from '../../engine/src/mapping/textFunctions.ts';
import { timeFunctions } from '../../engine/src/mapping/timeFunctions.ts';
import { code, tableOf } from './markdown.ts';

/** What a mapping's expressions may call beside FHIRPath's own functions. */
function rowFunctions(): FunctionDefinition[] {
  const identities = { identify: () => Buffer.alloc(0), stableId: () => '' };
  return [
    mapFunction(new Map(), new Set(), new CodesAsText([])),
    ...timeFunctions({}),
    decimalFunction,
    referenceFunction(new Map(), identities, new Map()),
    linkFunction([], identities),
    keyFunction,
    ...textFunctions(identities),
    narrativeFunction,
  ];
}

/** What leads to rows of other streams. */
function relations(): RelationDefinition[] {
  const uses = new JoinUses();
  return relationFunctions({ streams: [], mapped: new Set(), uses, emptyIs: () => '' });
}

/** The generated part of docs/reference/mapping.md. */
export function functionTable(): string {
  const rows = [...rowFunctions(), ...relations()].map((definition) => [
    code(signature(definition)),
    `${definition.summary}${parameters(definition)}`,
    definition.example === undefined ? '' : code(definition.example),
  ]);
  const names = [...builtIns.keys()].toSorted().map((name) => code(name));
  return `${tableOf(['function', 'what it gives', 'example'], rows)}

FHIRPath's own: ${names.join(', ')}.`;
}

type Definition = FunctionDefinition | RelationDefinition;

function signature(definition: Definition): string {
  const { name, parameters: given } = definition;
  const input = 'input' in definition ? definition.input : 'any';
  const words = given.map((one) => {
    const word = one.repeated === true ? `${one.name}…` : one.name;
    return one.optional === true ? `[${word}]` : word;
  });
  const before = [input].flat().includes('none') ? '' : '.';
  return `${before}${name}(${words.join(', ')})`;
}

function parameters({ parameters: given }: Definition): string {
  return given
    .flatMap(({ name, summary }) => (summary === undefined ? [] : [` _${name}_: ${summary}`]))
    .join('');
}
