import { everyConnector, planJsonSchema, writtenSchemas } from '../../engine/src/cli/schemas.ts';
import type { SettingSchema } from '../../engine/src/cli/schemas.ts';
import type { Connector } from '../../engine/src/model/connector.ts';
import type { House } from '../../engine/test/tidy/house.ts';
import { code, generatedFrom, sentence, tableOf } from './markdown.ts';
import { planProblems } from './planProblems.ts';

const opening = `# The plan: handover.yaml

One file at the top of the project folder. Beside it stand the folder of [mappings](mapping.md) and
that of the code maps. \`handover plan check\` tells every mistake in all of them at once, with file,
line and what to write instead; it changes nothing. The plan, the mappings and the code maps together
are a _plan revision_: a run is pinned to the digest of what they said when it began.

An editor that knows the YAML language server completes and checks the file by the JSON Schema that its first
line names, \`# yaml-language-server: $schema=schemas/plan.json\`: \`handover init\` writes that of its
version, \`handover schema plan\` prints it, and [it stands beside this page](handover.schema.json).

A setting of a source or target may hold \`\${NAME}\`: the variable of that name in the environment.
Secrets come this way only, and are part of no revision, message or log.`;

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
  const schema = connector.configuration.jsonSchema() as SettingSchema;
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
  schema: SettingSchema;
  required: boolean;
}

/** Every setting under a schema: `NAME` stands for a name of the author's, `[]` for each of a list. */
function rowsOf(schema: SettingSchema, path: string): Setting[] {
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

function kindOf(schema: SettingSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ');
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'map';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'anything');
}

function defaultOf({ default: value }: SettingSchema): string {
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

/** The keys of a mapping file, from the shape that it is read by. */
export function mappingKeyTable(): string {
  const { properties = {} } = writtenSchemas.mapping() as SettingSchema;
  const rows = Object.entries(properties).map(([name, { description = '' }]) => [
    code(name),
    sentence(description),
  ]);
  return tableOf(['key', 'means'], rows);
}
