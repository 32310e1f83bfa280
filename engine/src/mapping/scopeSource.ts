import { isYamlScalar, yamlEntry } from '../base/locatedYaml.ts';
import type { FilePlace, YamlMap, YamlNode } from '../base/locatedYaml.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import type { ProblemList } from './problems.ts';
import { scopeDateKeys, scopeKeys } from './shape.ts';

/** What a mapping says of its records, for the plan's `scope:` to go by. */
export interface ScopeDeclaration extends FilePlace {
  file: string;
  domain: string;
  /** The column of the date that tells how old a record is, and how it is written. */
  date: { column: string; pattern: string } | undefined;
  /** Columns. */
  site: string | undefined;
  specialty: string | undefined;
  /** The column that says whose the record is: where the domain lands as documents, one for each. */
  patient: string | undefined;
  /** The column that says of which encounter it is: where each encounter has a document of its own. */
  encounter: string | undefined;
}

/** `scope: { domain: results, date: { column: coll_dt, pattern: yyyyMMdd }, site: fac_id }` */
export function readScope(
  node: YamlNode | undefined,
  problems: ProblemList,
): ScopeDeclaration | undefined {
  if (node === undefined) return undefined;
  const domain = node.kind === 'map' ? textAt(node, 'domain', problems) : undefined;
  if (node.kind !== 'map' || domain === undefined) {
    const fix = '{ domain: results, date: { column: …, pattern: … } }';
    problems.add(node, 'scope-incomplete', 'scope names the domain of the records', fix);
    return undefined;
  }
  checkKeys(node, scopeKeys, problems);
  const { file } = problems;
  const { line, column } = node;
  const [site, specialty, patient, encounter] = ['site', 'specialty', 'patient', 'encounter'].map(
    (name) => textAt(node, name, problems),
  );
  const date = dateOf(yamlEntry(node, 'date'), problems);
  return { file, domain, date, site, specialty, patient, encounter, line, column };
}

function dateOf(node: YamlNode | undefined, problems: ProblemList): ScopeDeclaration['date'] {
  if (node === undefined) return undefined;
  const fix = '{ column: coll_dt, pattern: yyyyMMdd }';
  if (node.kind !== 'map') {
    problems.add(node, 'map-expected', 'a date is a column and how it is written', fix);
    return undefined;
  }
  checkKeys(node, scopeDateKeys, problems);
  const column = textAt(node, 'column', problems);
  const pattern = textAt(node, 'pattern', problems);
  if (column !== undefined && pattern !== undefined) return { column, pattern };
  problems.add(node, 'scope-incomplete', 'a date needs its column and its pattern', fix);
  return undefined;
}

function textAt(map: YamlMap, name: string, problems: ProblemList): string | undefined {
  const node = yamlEntry(map, name);
  if (node === undefined) return undefined;
  if (isYamlScalar(node) && node.text !== '') return node.text;
  problems.add(node, 'text-expected', `${name} is a text`);
  return undefined;
}

function checkKeys(map: YamlMap, known: readonly string[], problems: ProblemList): void {
  for (const { key } of map.entries) {
    if (known.includes(key.text)) continue;
    const fix = nearestName(key.text, known) ?? `one of ${known.join(', ')}`;
    problems.add(key, 'unknown-key', `"${key.text}" has no meaning here`, fix);
  }
}
