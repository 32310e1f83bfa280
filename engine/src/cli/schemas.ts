import { z } from 'zod';
import { mappingJsonSchema } from '../mapping/jsonSchema.ts';
import type { Connector } from '../model/connector.ts';
import { planSchema } from '../run/plan/schema.ts';
import { accessJsonSchema } from '../server/access/settings.ts';
import { concepts } from '../verification/concepts/catalogue.ts';
import { connectorsOf } from './composition.ts';
import { keysJsonSchema } from './keySettings.ts';
import type { WrittenFile } from './writtenFiles.ts';

/** As much of JSON Schema (2020-12) as zod writes for our settings. */
export interface SettingSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  pattern?: string;
  anyOf?: readonly SettingSchema[];
  oneOf?: readonly SettingSchema[];
  required?: readonly string[];
  properties?: Readonly<Record<string, SettingSchema>>;
  additionalProperties?: boolean | SettingSchema;
  items?: SettingSchema;
  $schema?: string;
}

/** Files that people write, with the JSON Schema that editors complete and check them by. */
export const writtenSchemas = {
  plan: planFileSchema,
  mapping: () => mappingJsonSchema([...concepts.keys()]),
  access: accessJsonSchema,
  keys: keysJsonSchema,
} as const satisfies Record<WrittenFile, () => object>;

/** Every connector of the command line; none is opened. */
export function everyConnector(): Connector[] {
  const ownTarget = (): Promise<never> => Promise.reject(new Error('a schema opens nothing'));
  return [...connectorsOf({ folder: '.', ownTarget }).values()];
}

/** The plan as zod has it: what a connector needs stands in its own schema. */
export function planJsonSchema(): SettingSchema {
  return z.toJSONSchema(planSchema, { io: 'input' }) as SettingSchema;
}

/** The plan with the settings of every connector. */
function planFileSchema(): object {
  const plan = planJsonSchema();
  const properties = {
    ...plan.properties,
    sources: endpoints(plan, 'sources', ({ source }) => source),
    targets: endpoints(plan, 'targets', ({ target }) => target),
  };
  return { ...plan, title: 'handover.yaml', properties };
}

/** Every kind of connector, each with what the plan itself lets any system say. */
function endpoints(
  plan: SettingSchema,
  end: 'sources' | 'targets',
  role: (one: Connector) => unknown,
): SettingSchema {
  const map = plan.properties?.[end];
  const shared = map?.additionalProperties;
  const said = typeof shared === 'object' ? shared.properties : {};
  const kinds = everyConnector()
    .filter((one) => role(one) !== undefined)
    .map((one) => endpointSchema(one, said));
  return { ...map, additionalProperties: { oneOf: kinds } };
}

function endpointSchema(
  { kind, summary, configuration }: Connector,
  said: SettingSchema['properties'],
): SettingSchema {
  const { $schema: _, ...schema } = configuration.jsonSchema() as SettingSchema;
  const settings = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    name,
    orVariable(each),
  ]);
  return {
    ...schema,
    description: summary,
    properties: { ...said, kind: { const: kind }, ...(Object.fromEntries(settings) as object) },
    required: ['kind', ...(schema.required ?? [])],
  };
}

/** A text with a form of its own may also come from the environment. */
function orVariable(schema: SettingSchema): SettingSchema {
  if (schema.type !== 'string' || schema.pattern === undefined) return schema;
  const { type, pattern, ...rest } = schema;
  return {
    ...rest,
    anyOf: [
      { type, pattern },
      { type, pattern: '\\$\\{[A-Z][A-Z0-9_]*\\}' },
    ],
  };
}
