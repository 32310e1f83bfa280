import type { ElementDefinition } from '../src/quality/validator/definitions/elements.ts';
import { mutated, spotsOf, type Candidate, type Example, type Json } from './mutationFaults.ts';

/** Faults of the shape of a resource. */
export function structureFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  const plant = (fault: string, change: (resource: Json) => boolean): Candidate[] =>
    mutated(example, 'structure', fault, change);
  const complex = (resource: Json): Json | undefined =>
    Object.values(resource)
      .flatMap((value) => (Array.isArray(value) ? value : [value]))
      .find((each): each is Json => typeof each === 'object' && each !== null && !('div' in each));
  return [
    ...plant('unknown element', (resource) => ((resource['notAnElement'] = 'x'), true)),
    ...plant('unknown element inside', (resource) => {
      const inner = complex(resource);
      if (inner !== undefined) inner['notAnElement'] = true;
      return inner !== undefined;
    }),
    ...plant('unknown resource type', (resource) => ((resource['resourceType'] = 'Pateint'), true)),
    ...plant('empty object', (resource) => ((resource['implicitRules'] = {}), true)),
    ...plant('empty list', (resource) => ((resource['contained'] = []), true)),
    ...plant('null', (resource) => ((resource['language'] = null), true)),
    ...elementFaults(example, base),
  ];
}

/** Faults of the shape of each element that is there. */
function elementFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  return base.flatMap((element) => {
    const { path, max, type = [] } = element;
    const name = path.split('.').at(-1) as string;
    if (path.split('.').length !== 2 || name.endsWith('[x]') || !(name in example.resource))
      return [];
    if (name === 'id' || name === 'meta') return [];
    const value = example.resource[name];
    const code = type[0]?.code ?? '';
    const plant = (fault: string, put: unknown): Candidate[] =>
      mutated(example, 'structure', fault, (resource) => ((resource[name] = put), true));
    return [
      ...(max === '1' ? plant('list where one is', [value]) : []),
      ...(max === '*' && Array.isArray(value) ? plant('one where a list is', value[0]) : []),
      ...(/^[A-Z]/.test(code)
        ? plant('text where an object is', max === '1' ? 'text' : ['text'])
        : []),
      ...(/^[a-z]/.test(code) && max === '1' ? plant('object where a value is', { value }) : []),
      ...mutated(example, 'structure', 'name misspelt', (resource) => {
        resource[`${name}s`] = value;
        return delete resource[name];
      }),
    ];
  });
}

const wrongValues: Readonly<Record<string, readonly unknown[]>> = {
  boolean: ['true', 1],
  date: ['2023-02-30', '23-1-1', '01/02/2023'],
  dateTime: ['2023-13-01', '2023-02-29T10:00:00Z', '2023-01-01T10:00:00', '2023-01-01T25:00:00Z'],
  instant: ['2023-01-01', '2023-01-01T10:00Z'],
  decimal: ['1.0', '12'],
  integer: [1.5, '3'],
  positiveInt: [0, -1],
  unsignedInt: [-1],
  uri: ['http://a b', ''],
  url: ['http://a b'],
  canonical: ['http://a b'],
  code: [' final', 'a  b', ''],
  id: ['has space', 'x'.repeat(65), 'under_score'],
  string: ['', 12],
  base64Binary: ['not base64!'],
  time: ['25:00:00', '10:00'],
};

/** Values that their type does not have. */
export function primitiveFaults(example: Example, base: readonly ElementDefinition[]): Candidate[] {
  return base.flatMap(({ path, max, type = [] }) => {
    if (max !== '1') return [];
    return type.flatMap(({ code }) => {
      const isId = path === `${String(example.resource['resourceType'])}.id`;
      const kind = isId ? 'id' : code;
      return (wrongValues[kind] ?? []).flatMap((value) =>
        mutated(
          example,
          'primitive',
          `${kind} ${typeof value} ${String(value).slice(0, 12)}`,
          (resource) => {
            const spot = spotsOf(resource, path).find(
              ({ key }) => !path.endsWith('[x]') || isOf(key, code),
            );
            if (spot === undefined) return false;
            spot.holder[spot.key] = value;
            return true;
          },
        ),
      );
    });
  });
}

function isOf(key: string, type: string): boolean {
  return key.endsWith(`${type.slice(0, 1).toUpperCase()}${type.slice(1)}`);
}
