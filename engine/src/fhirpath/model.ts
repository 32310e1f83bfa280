import definitions from './model/r4.json' with { type: 'json' };

/** A System type (FHIRPath N1 §4.1). */
export type SystemName =
  'Boolean' | 'String' | 'Integer' | 'Decimal' | 'Date' | 'DateTime' | 'Time' | 'Quantity';

/** A FHIR type: a datatype, a resource, or the inner type of a backbone (`Patient.contact`). */
export interface FhirType {
  readonly name: string;
  readonly kind: 'primitive' | 'complex' | 'resource';
  readonly abstract: boolean;
  readonly base: FhirType | undefined;
  /** The System type that its values convert to (R4 §2.1.23, Using FHIR types in expressions). */
  readonly system: SystemName | undefined;
  /** Its elements, inherited ones included. */
  readonly elements: ReadonlyMap<string, FhirElementDefinition>;
}

export interface FhirElementDefinition {
  readonly name: string;
  readonly many: boolean;
  /** The JSON property for each type: one, or for a choice `value[x]` several. */
  readonly properties: readonly { key: string; type: FhirType }[];
}

/** A type as a file of a version has it: `HumanName*` repeats, `boolean|dateTime` is a choice. */
interface Definition {
  kind: string;
  abstract?: boolean;
  base?: string;
  elements: Record<string, string | undefined>;
}

export type ModelDefinitions = Readonly<Record<string, Definition | undefined>>;

const r4: ModelDefinitions = definitions;

const systemNames: ReadonlyMap<string, SystemName> = new Map([
  ['boolean', 'Boolean'],
  ['integer', 'Integer'],
  ['decimal', 'Decimal'],
  ['date', 'Date'],
  ['dateTime', 'DateTime'],
  ['instant', 'DateTime'],
  ['time', 'Time'],
  ['Quantity', 'Quantity'],
]);

/** The types of one version of FHIR by name, each built when it is first asked for. */
export class FhirModel {
  readonly #definitions: ModelDefinitions;
  readonly #known = new Map<string, FhirType>();

  constructor(all: ModelDefinitions) {
    this.#definitions = all;
  }

  type(name: string): FhirType | undefined {
    const found = this.#known.get(name);
    if (found !== undefined) return found;
    const definition = Object.hasOwn(this.#definitions, name) ? this.#definitions[name] : undefined;
    if (definition === undefined) return undefined;
    const type = build(name, definition, this);
    this.#known.set(name, type);
    return type;
  }
}

export const r4Model = new FhirModel(r4);

/** The R4 type of this name, `undefined` if there is none. */
export function fhirType(name: string): FhirType | undefined {
  return r4Model.type(name);
}

export function fhirTypeNames(): string[] {
  return Object.keys(r4);
}

export function systemType(name: string): SystemName | undefined {
  return systemTypeNames.find((each) => each === name);
}

export const systemTypeNames: readonly SystemName[] = [
  'Boolean',
  'String',
  'Integer',
  'Decimal',
  'Date',
  'DateTime',
  'Time',
  'Quantity',
];

/** Whether `type` is `ancestor` or derives from it. */
export function derivesFrom(type: FhirType, ancestor: FhirType): boolean {
  for (let at: FhirType | undefined = type; at !== undefined; at = at.base) {
    if (at === ancestor) return true;
  }
  return false;
}

function build(name: string, definition: Definition, model: FhirModel): FhirType {
  const base = definition.base === undefined ? undefined : model.type(definition.base);
  const primitive = definition.kind === 'primitive';
  let elements: ReadonlyMap<string, FhirElementDefinition> | undefined;
  return {
    name,
    kind: definition.kind as FhirType['kind'],
    abstract: definition.abstract === true,
    base,
    system: systemNames.get(name) ?? base?.system ?? (primitive ? 'String' : undefined),
    get elements() {
      return (elements ??= buildElements(base, definition, model));
    },
  };
}

function buildElements(
  base: FhirType | undefined,
  definition: Definition,
  model: FhirModel,
): ReadonlyMap<string, FhirElementDefinition> {
  const elements = new Map(base?.elements);
  for (const [name, notation = ''] of Object.entries(definition.elements)) {
    const types = notation.replace('*', '').split('|');
    const properties = types.flatMap((typeName) => {
      const type = model.type(typeName);
      if (type === undefined) return [];
      return [{ key: types.length === 1 ? name : choiceKey(name, typeName), type }];
    });
    elements.set(name, { name, many: notation.endsWith('*'), properties });
  }
  return elements;
}

/** `value` as a `dateTime` is `valueDateTime` in JSON (R4 §2.6.2, choice elements). */
export function choiceKey(name: string, type: string): string {
  return `${name}${type.slice(0, 1).toUpperCase()}${type.slice(1)}`;
}
