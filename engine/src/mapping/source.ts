import { isYamlScalar, readLocatedYaml, textsIn } from '../base/locatedYaml.ts';
import type { FilePlace, YamlMap, YamlNode, YamlScalar } from '../base/locatedYaml.ts';
import { readChildren, readGroup } from './foldSource.ts';
import type { ChildrenSource, GroupSource } from './foldSource.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import { readLets, type LetSource } from './letSource.ts';
import { setAsideReason } from '../model/draft.ts';
import { ProblemList } from './problems.ts';
import { readScope } from './scopeSource.ts';
import type { ScopeDeclaration } from './scopeSource.ts';
import type { ReceivablesWay } from './shape.ts';
import {
  excludeKeys,
  exclusionKeys,
  mappingKeys,
  erasedReason,
  planReasons,
  reasonForm,
  receivablesWays,
  resourceNameForm,
  unmappedWords,
} from './shape.ts';

/** A mapping as it was written: its shape is right, its names and expressions are not yet judged. */
export interface MappingSource {
  text: string;
  problems: ProblemList;
  stream: YamlScalar;
  key: readonly YamlScalar[] | undefined;
  excludes: readonly ExcludeSource[];
  holds: readonly ExcludeSource[];
  /** Of which domain the records are, for the plan's scope. */
  scope: ScopeDeclaration | undefined;
  /** Ways with receivables under which it holds; all of them if it does not say. */
  receivables: readonly ReceivablesWay[];
  /** Expressions with a name, in the order of the file. */
  lets: readonly LetSource[];
  lookup: boolean;
  /** The stream whose mapping names this one among its children. */
  foldedInto: YamlScalar | undefined;
  children: readonly ChildrenSource[];
  group: GroupSource | undefined;
  resources: readonly ResourceSource[];
  /** Names of code maps whose unmapped codes land as text; those of others hold their record. */
  codesAsText: readonly YamlScalar[];
  /** When what the record says was written down: then a Provenance is made too. */
  provenance: YamlScalar | undefined;
  /** Whether facts are declared; they have a compiler of their own. */
  hasFacts: boolean;
}

/** A condition with its reason, under `exclude` or `hold`. */
export interface ExcludeSource {
  when: YamlScalar;
  reason: string;
  /** Who decided to exclude; `''` where it is not said, and of what is held. */
  owner: string;
}

export interface ResourceSource extends FilePlace {
  /** `MedicationStatement` or `MedicationStatement#history`. */
  name: string;
  /** The part of the name before `#`. */
  type: string;
  template: YamlMap;
}

/** Read the shape of one mapping file; `source` is absent when not even a stream could be made out. */
export function readMappingSource(
  file: string,
  text: string,
): { source: MappingSource | undefined; problems: ProblemList } {
  const problems = new ProblemList(file);
  const { root, problems: malformed } = readLocatedYaml(text);
  for (const problem of malformed) problems.add(problem, 'yaml-malformed', problem.message);
  if (root === undefined) {
    if (malformed.length === 0) problems.add(top, 'mapping-empty', 'the file is empty');
    return { source: undefined, problems };
  }
  if (root.kind !== 'map') {
    problems.add(root, 'map-expected', 'a mapping is a YAML map: stream, key, resources, facts');
    return { source: undefined, problems };
  }
  return { source: new SourceReader(problems).read(root, text), problems };
}

const top: FilePlace = { line: 1, column: 1 };

class SourceReader {
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  read(root: YamlMap, text: string): MappingSource | undefined {
    const entry = this.#entries(root, mappingKeys);
    const lookup = this.#lookup(entry.get('lookup'));
    const resources = this.#resources(entry.get('resources'));
    const folded = entry.get('foldedInto');
    const foldedInto =
      folded !== undefined && this.#isText(folded, 'the name of a stream') ? folded : undefined;
    const children = readChildren(entry.get('children'), this.#problems);
    const recorded = entry.get('provenance');
    const provenance =
      recorded !== undefined && this.#isText(recorded, 'an expression for an instant')
        ? recorded
        : undefined;
    const group = readGroup(entry.get('group'), this.#problems);
    if (group !== undefined && children.length > 0) {
      const problem = 'a mapping folds children or groups its own rows, not both';
      this.#problems.add(group, 'group-with-children', problem);
    }
    if (folded === undefined) {
      this.#lookupOrResources(root, lookup, resources, entry.get('resources'));
    }
    const stream = entry.get('stream');
    const source = {
      text,
      problems: this.#problems,
      key: this.#key(entry.get('key')),
      excludes: this.#excludes(entry.get('exclude'), excludeKeys),
      holds: this.#excludes(entry.get('hold'), exclusionKeys),
      scope: readScope(entry.get('scope'), this.#problems),
      receivables: this.#receivables(entry.get('receivables')),
      lets: readLets(entry.get('let'), this.#problems),
      lookup,
      foldedInto,
      children,
      group,
      resources,
      codesAsText: this.#unmapped(entry.get('unmapped')),
      provenance,
      hasFacts: entry.has('facts'),
    };
    if (stream === undefined) {
      this.#problems.add(root, 'stream-missing', 'the mapping does not say which stream it is for');
      return undefined;
    }
    return this.#isText(stream, 'the name of a stream') ? { ...source, stream } : undefined;
  }

  /** The values of a map by key, with unknown keys reported. */
  #entries(map: YamlMap, known: readonly string[]): Map<string, YamlNode> {
    const values = new Map<string, YamlNode>();
    for (const { key, value } of map.entries) {
      if (known.includes(key.text)) values.set(key.text, value);
      else {
        const fix = nearestName(key.text, known) ?? `one of ${known.join(', ')}`;
        this.#problems.add(key, 'unknown-key', `"${key.text}" has no meaning here`, fix);
      }
    }
    return values;
  }

  #isText(node: YamlNode, expected: string): node is YamlScalar {
    if (node.kind === 'text' && node.text !== '') return true;
    this.#problems.add(node, 'text-expected', `${expected} is expected here`);
    return false;
  }

  #receivables(node: YamlNode | undefined): readonly ReceivablesWay[] {
    if (node === undefined) return receivablesWays;
    const written = textsIn(node);
    for (const word of written) {
      if (receivablesWays.some((way) => way === word)) continue;
      const near = nearestName(word, receivablesWays) ?? receivablesWays.join(', ');
      this.#problems.add(node, 'word-unknown', `receivables know no "${word}"`, near);
    }
    if (written.length === 0) this.#problems.add(node, 'text-expected', 'a word is expected here');
    return receivablesWays.filter((way) => written.includes(way));
  }

  #lookup(node: YamlNode | undefined): boolean {
    if (node === undefined) return false;
    if (node.kind === 'boolean') return node.text === 'true';
    this.#problems.add(node, 'boolean-expected', 'lookup is true or false');
    return false;
  }

  #lookupOrResources(
    root: YamlMap,
    lookup: boolean,
    resources: readonly ResourceSource[],
    node: YamlNode | undefined,
  ): void {
    if (lookup && node !== undefined) {
      const problem = 'a lookup yields no draft, yet resources are declared';
      this.#problems.add(node, 'lookup-with-resources', problem, 'remove one of the two');
    }
    if (!lookup && resources.length === 0 && node === undefined) {
      const fix = 'declare resources, or lookup: true if it is only looked up';
      this.#problems.add(root, 'resources-missing', 'the mapping yields nothing', fix);
    }
  }

  /** `unmapped: { drug: text }`: what becomes of codes that a code map does not have. */
  #unmapped(node: YamlNode | undefined): YamlScalar[] {
    if (node === undefined) return [];
    if (node.kind !== 'map') {
      const fix = '{ NAME: text }';
      this.#problems.add(node, 'map-expected', 'unmapped says it for each code map', fix);
      return [];
    }
    return node.entries.flatMap(({ key, value }) => {
      const word = isYamlScalar(value) ? value.text : '';
      if (word === 'text') return [key];
      if (word !== 'hold') {
        const near = nearestName(word, unmappedWords) ?? unmappedWords.join(' or ');
        this.#problems.add(value, 'word-unknown', 'an unmapped code is hold or text', near);
      }
      return [];
    });
  }

  #key(node: YamlNode | undefined): readonly YamlScalar[] | undefined {
    if (node === undefined) return undefined;
    const items = node.kind === 'list' ? node.items : [node];
    return items.filter((item) => this.#isText(item, 'the name of a key column'));
  }

  #excludes(node: YamlNode | undefined, keys: readonly string[]): ExcludeSource[] {
    if (node === undefined) return [];
    const items = node.kind === 'list' ? node.items : [node];
    return items.flatMap((item) => this.#exclude(item, keys));
  }

  #exclude(node: YamlNode, keys: readonly string[]): ExcludeSource[] {
    if (node.kind !== 'map') {
      this.#problems.add(node, 'map-expected', 'write { when: …, reason: … }');
      return [];
    }
    const entry = this.#entries(node, keys);
    const when = entry.get('when');
    const reason = entry.get('reason');
    if (when === undefined || reason === undefined) {
      this.#problems.add(node, 'exclude-incomplete', 'both when and reason are needed');
      return [];
    }
    if (!isYamlScalar(reason) || !reasonForm.test(reason.text)) {
      const fix = 'for example deleted-in-source';
      this.#problems.add(reason, 'reason-malformed', 'a reason is words joined by hyphens', fix);
      return [];
    }
    if ([...planReasons, setAsideReason, erasedReason].includes(reason.text)) {
      const problem = `"${reason.text}" is said of what is left behind by no rule of a mapping`;
      this.#problems.add(reason, 'reason-reserved', problem, 'give another reason');
      return [];
    }
    if (!isYamlScalar(when) || when.text === '') {
      this.#problems.add(when, 'text-expected', 'a condition is expected here');
      return [];
    }
    const [owner = ''] = textsIn(entry.get('owner'));
    return [{ when, reason: reason.text, owner }];
  }

  #resources(node: YamlNode | undefined): ResourceSource[] {
    if (node === undefined) return [];
    if (node.kind !== 'map' || node.entries.length === 0) {
      this.#problems.add(node, 'map-expected', 'resources are a map from a name to a template');
      return [];
    }
    return node.entries.flatMap(({ key, value }) => this.#resource(key, value));
  }

  #resource(key: YamlScalar, template: YamlNode): ResourceSource[] {
    const match = resourceNameForm.exec(key.text);
    if (match === null) {
      const fix = 'for example Patient, or Observation#weight for one of several';
      this.#problems.add(key, 'resource-name', `"${key.text}" does not name a resource`, fix);
      return [];
    }
    if (template.kind !== 'map') {
      this.#problems.add(template, 'map-expected', 'a template is a map of elements');
      return [];
    }
    const { line, column } = key;
    return [{ name: key.text, type: match[1] as string, template, line, column }];
  }
}
