import type { Concept, ConceptTable } from '../../terminology/concepts.ts';
import type { Answer, FhirRequest, ServerParts } from '../answer.ts';
import { HttpProblem } from '../problem.ts';
import { loaded, notLoaded, parameters } from './answers.ts';
import { codesOf, inputsOf, needed } from './inputs.ts';

/** `CodeSystem/$lookup` (R4) of a `code` in its `system`, or of a `coding`. An unknown code is 404 `code-invalid`. */
export async function lookUp(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const inputs = inputsOf(request);
  const [asked] = codesOf(inputs, ['version']);
  const system = needed(asked?.system, 'system');
  const terminology = loaded(parts);
  const versioned = asked?.version === undefined ? system : `${system}|${asked.version}`;
  const found = terminology.validate(versioned, asked?.code ?? '');
  if (found.kind === 'not-loaded') throw notLoaded(found.system, [versioned]);
  if (found.kind !== 'active' && found.kind !== 'inactive') {
    throw new HttpProblem(404, 'code-invalid', 'unknown: there is no such code');
  }
  const table = terminology.system(versioned);
  const { concept } = found;
  return parameters([
    { name: 'name', valueString: system },
    ...(table?.version === undefined ? [] : [{ name: 'version', valueString: table.version }]),
    { name: 'display', valueString: concept.display === '' ? concept.code : concept.display },
    ...propertiesOf(concept, table),
  ]);
}

function propertiesOf(concept: Concept, table: ConceptTable | undefined): object[] {
  const { code, inactive, replacedBy } = concept;
  const said = [...(table?.properties(code) ?? [])].filter(({ name }) => !ownNames.has(name));
  return [
    property('inactive', { valueBoolean: inactive }),
    ...(table?.parents(code) ?? []).map((each) => property('parent', { valueCode: each })),
    ...replacedBy.map((each) => property('replacedBy', { valueCode: each })),
    ...said.map(({ name, value }) => property(name, { valueString: value })),
  ];
}

/** Told by what the system knows of the concept. */
const ownNames: ReadonlySet<string> = new Set(['inactive', 'parent', 'replacedBy']);

function property(code: string, value: object): object {
  return {
    name: 'property',
    part: [
      { name: 'code', valueCode: code },
      { name: 'value', ...value },
    ],
  };
}
