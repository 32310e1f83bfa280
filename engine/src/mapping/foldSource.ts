import { isYamlScalar, yamlEntry } from '../base/locatedYaml.ts';
import type { FilePlace, YamlMap, YamlNode, YamlScalar } from '../base/locatedYaml.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import type { ProblemList } from './problems.ts';
import { childKeys, childNameForm, groupKeys } from './shape.ts';

/** Records of another stream that become part of what this one yields, as it was written. */
export interface ChildrenSource {
  /** What expressions call the rows. */
  name: YamlScalar;
  stream: YamlScalar;
  /** Columns of the child stream that hold the key. */
  by: readonly YamlScalar[];
  /** Columns of this stream that are the key; its own key if left out. */
  on: readonly YamlScalar[] | undefined;
  order: readonly YamlScalar[];
}

/** Rows of one stream that become one resource. */
export interface GroupSource extends FilePlace {
  by: readonly YamlScalar[];
  order: readonly YamlScalar[];
  /** An expression by whose value rows with the same columns are told apart. */
  apart: YamlScalar | undefined;
}

/** `children: { lines: { stream: clinic.line, by: chg_id, order: line_no } }` */
export function readChildren(node: YamlNode | undefined, problems: ProblemList): ChildrenSource[] {
  if (node === undefined) return [];
  if (node.kind !== 'map') {
    const fix = '{ lines: { stream: …, by: … } }';
    problems.add(node, 'map-expected', 'children are a map from a name to a stream', fix);
    return [];
  }
  return node.entries.flatMap(({ key, value }) => readChild(key, value, problems));
}

function readChild(name: YamlScalar, node: YamlNode, problems: ProblemList): ChildrenSource[] {
  if (node.kind !== 'map' || !childNameForm.test(name.text)) {
    const fix = '{ lines: { stream: …, by: … } }';
    problems.add(node, 'map-expected', 'children have a name, a stream and columns', fix);
    return [];
  }
  checkKeys(node, childKeys, problems);
  const stream = yamlEntry(node, 'stream');
  const by = columnNames(yamlEntry(node, 'by'), problems);
  if (stream === undefined || !isYamlScalar(stream) || by.length === 0) {
    problems.add(node, 'children-incomplete', 'children need a stream and the columns in by');
    return [];
  }
  const on = yamlEntry(node, 'on');
  const order = columnNames(yamlEntry(node, 'order'), problems);
  return [{ name, stream, by, on: on && columnNames(on, problems), order }];
}

/** `group: [pt_id, taken_at]`, or `group: { by: […], order: … }` */
export function readGroup(
  node: YamlNode | undefined,
  problems: ProblemList,
): GroupSource | undefined {
  if (node === undefined) return undefined;
  if (node.kind === 'map') checkKeys(node, groupKeys, problems);
  const by = columnNames(node.kind === 'map' ? yamlEntry(node, 'by') : node, problems);
  const order = node.kind === 'map' ? columnNames(yamlEntry(node, 'order'), problems) : [];
  const apart = node.kind === 'map' ? yamlEntry(node, 'apart') : undefined;
  const { line, column } = node;
  if (apart !== undefined && !isYamlScalar(apart)) {
    problems.add(apart, 'text-expected', 'an expression is expected here');
  } else if (by.length > 0) return { by, order, apart, line, column };
  if (by.length > 0) return undefined;
  problems.add(node, 'group-incomplete', 'a group needs the columns whose values it shares');
  return undefined;
}

function checkKeys(map: YamlMap, known: readonly string[], problems: ProblemList): void {
  for (const { key } of map.entries) {
    if (known.includes(key.text)) continue;
    const fix = nearestName(key.text, known) ?? `one of ${known.join(', ')}`;
    problems.add(key, 'unknown-key', `"${key.text}" has no meaning here`, fix);
  }
}

function columnNames(node: YamlNode | undefined, problems: ProblemList): YamlScalar[] {
  if (node === undefined) return [];
  return (node.kind === 'list' ? node.items : [node]).flatMap((item) => {
    if (item.kind === 'text' && item.text !== '') return [item];
    problems.add(item, 'text-expected', 'the name of a column is expected here');
    return [];
  });
}
