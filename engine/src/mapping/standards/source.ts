import { isYamlScalar, readLocatedYaml, yamlEntry } from '../../base/locatedYaml.ts';
import type { YamlNode, YamlScalar } from '../../base/locatedYaml.ts';
import { nearestName } from '../../fhirpath/expressionError.ts';
import { ProblemList } from '../problems.ts';
import type { Standard } from './standard.ts';
import { standards } from './standards.ts';

/** A mapping file that names a standard, instead of saying what its streams become. */
export interface StandardSource {
  streams: readonly YamlScalar[];
  /** Absent where there is none of that name. */
  standard: Standard | undefined;
  problems: ProblemList;
}

/** Undefined for a file that says itself what its stream becomes. */
export function readStandardSource(file: string, text: string): StandardSource | undefined {
  if (!/\bstandard\b/.test(text)) return undefined;
  const { root } = readLocatedYaml(text);
  const named = root?.kind === 'map' ? yamlEntry(root, 'standard') : undefined;
  if (root?.kind !== 'map' || named === undefined) return undefined;
  const problems = new ProblemList(file);
  for (const { key } of root.entries) {
    if (key.text === 'standard' || key.text === 'stream') continue;
    const problem = `"${key.text}" has no meaning beside standard`;
    problems.add(key, 'unknown-key', problem, 'remove it: the standard says what is made');
  }
  const word = isYamlScalar(named) ? named.text : '';
  const standard = standards.get(word);
  if (standard === undefined) {
    const names = [...standards.keys()];
    const fix = nearestName(word, names) ?? `one of ${names.join(', ')}`;
    problems.add(named, 'standard-unknown', `no standard is called "${word}"`, fix);
  }
  const streams = streamsIn(yamlEntry(root, 'stream'), problems);
  if (streams.length === 0 && problems.all.length === 0) {
    problems.add(root, 'stream-missing', 'the mapping does not say which streams it is for');
  }
  return { streams, standard, problems };
}

function streamsIn(node: YamlNode | undefined, problems: ProblemList): YamlScalar[] {
  if (node === undefined) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    if (isYamlScalar(item) && item.kind === 'text' && item.text !== '') return [item];
    problems.add(item, 'text-expected', 'the name of a stream is expected here');
    return [];
  });
}
