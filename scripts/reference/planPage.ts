import { z } from 'zod';
import { connectorsOf } from '../../engine/src/cli/composition.ts';
import type { Connector } from '../../engine/src/model/connector.ts';
import { planSchema } from '../../engine/src/run/plan/schema.ts';
import type { House } from '../../engine/test/tidy/house.ts';
import { code, generatedFrom, sentence, tableOf } from './markdown.ts';
import { planProblems } from './planProblems.ts';

/** As much of JSON Schema (2020-12) as zod writes for our settings. */
interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  pattern?: string;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  required?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  $schema?: string;
}

/** Every connector of the command line; none is opened. */
function everyConnector(): Connector[] {
  const ownTarget = (): Promise<never> => Promise.reject(new Error('documentation opens nothing'));
  return [...connectorsOf({ folder: '.', ownTarget }).values()];
}

const opening = `# The plan: handover.yaml

One file at the top of the project folder. Beside it stand the folder of [mappings](mapping.md) and
that of the code maps. \`handover plan check\` tells every mistake in all of them at once, with file,
line and what to write instead; it changes nothing. The plan, the mappings and the code maps together
are a _plan revision_: a run is pinned to the digest of what they said when it began.

An editor completes and checks the file with the JSON Schema beside this page,
\`docs/reference/handover.schema.json\`: name it in the editor's YAML settings, or in the first line,
\`# yaml-language-server: $schema=PATH\`.

A setting of a source or target may hold \`\${NAME}\`: the variable of that name in the environment.
Secrets come this way only, and are part of no revision, message or log.`;

function planJsonSchema(): Schema {
  return z.toJSONSchema(planSchema, { io: 'input' }) as Schema;
}

/** docs/reference/plan.md, from the schema that judges plans and those of the connectors. */
export function planPage(house: House): string {
  const plan = planJsonSchema();
  return [
    generatedFrom('engine/src/run/plan/schema.ts and the connectors'),
    opening,
    `## Settings\n\n${settingTable(rowsOf(plan, ''))}`,
    ...everyConnector().map((connector) => connectorPart(connector)),
    mistakes(house),
  ].join('\n\n');
}

function connectorPart(connector: Connector): string {
  const { kind, summary, source, target } = connector;
  const roles = [...(source ? ['source'] : []), ...(target ? ['target'] : [])].join(' and ');
  const schema = connector.configuration.jsonSchema() as Schema;
  return [
    `## kind: ${kind} (${roles})`,
    summary,
    settingTable(rowsOf(schema, '')),
    `Can: ${abilities(source?.capabilities ?? target?.capabilities ?? {})}.`,
  ].join('\n\n');
}

function abilities(capabilities: object): string {
  return Object.entries(capabilities)
    .filter(([, value]) => value !== false)
    .map(([name, value]) => (value === true ? name : `${name}: ${String(value)}`))
    .join(', ');
}

interface Setting {
  path: string;
  schema: Schema;
  required: boolean;
}

/** Every setting under a schema: `NAME` stands for a name of the author's, `[]` for each of a list. */
function rowsOf(schema: Schema, path: string): Setting[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const required = schema.required?.includes(name) ?? false;
    return [{ path: at, schema: inner, required }, ...rowsOf(inner, at)];
  });
  const more = schema.additionalProperties;
  const named = typeof more === 'object' && more.type ? rowsOf(more, `${path}.NAME`) : [];
  return [...own, ...named, ...(schema.items ? rowsOf(schema.items, `${path}[]`) : [])];
}

function settingTable(settings: readonly Setting[]): string {
  return tableOf(
    ['setting', 'what it says', 'may be', 'if left out'],
    settings.map(({ path, schema, required }) => [
      code(path),
      schema.description === undefined ? '' : sentence(schema.description),
      kindOf(schema),
      required && schema.default === undefined ? 'it must be there' : defaultOf(schema),
    ]),
  );
}

function kindOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ');
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'map';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'anything');
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? 'none' : code(JSON.stringify(value).replaceAll('"', ''));
}

function mistakes(house: House): string {
  const rows = planProblems(house).map(({ code: name, messages }) => [
    code(name),
    examples(messages),
  ]);
  return `## Mistakes

What \`handover plan check\` can find in plan, mappings and code maps. Each is told with file, line,
column and, where there is one, what to write instead; \`…\` stands for the words of the case.

${tableOf(['code', 'says'], rows)}`;
}

/** The messages that say something without the words of the case; three are enough. */
function examples(messages: readonly string[]): string {
  const telling = messages.filter((message) => /\p{L}{3}/u.test(message));
  if (telling.length === 0) return 'What the parser or the connector found, in its words.';
  return telling
    .slice(0, 3)
    .map((message) => sentence(message))
    .join(' Or: ');
}

/** docs/reference/handover.schema.json: the plan with the settings of every connector. */
export function planSchemaFile(): string {
  const plan = planJsonSchema();
  const properties = {
    ...plan.properties,
    sources: endpoints(plan.properties?.sources, ({ source }) => source),
    targets: endpoints(plan.properties?.targets, ({ target }) => target),
  };
  return JSON.stringify({ ...plan, title: 'handover.yaml', properties });
}

function endpoints(map: Schema | undefined, role: (one: Connector) => unknown): Schema {
  const kinds = everyConnector()
    .filter((one) => role(one) !== undefined)
    .map(endpointSchema);
  return { ...map, additionalProperties: { oneOf: kinds } };
}

function endpointSchema({ kind, summary, configuration }: Connector): Schema {
  const { $schema: _, ...schema } = configuration.jsonSchema() as Schema;
  const settings = Object.entries(schema.properties ?? {}).map(([name, each]) => [
    name,
    orVariable(each),
  ]);
  return {
    ...schema,
    description: summary,
    properties: { kind: { const: kind }, ...(Object.fromEntries(settings) as object) },
    required: ['kind', ...(schema.required ?? [])],
  };
}

/** A text with a form of its own may also come from the environment. */
function orVariable(schema: Schema): Schema {
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
