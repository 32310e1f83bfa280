import { isYamlScalar, yamlEntry } from '../../base/locatedYaml.ts';
import type { YamlMap, YamlNode, YamlScalar } from '../../base/locatedYaml.ts';
import { functionKey, withKey } from '../../mapping/functions.ts';
import type { ResourceSource } from '../../mapping/source.ts';
import { inWords, namesIn, streamYielded, type NamedTexts } from './words.ts';

/** One element of a resource, and what is written to it. */
export interface ElementSheet {
  /** `Patient.name.family` */
  path: string;
  /** In words, where there are any; a literal in quotation marks. */
  says: string;
  /** As the mapping has it; a literal begins with `=`. */
  expression: string;
  /** Columns that are read; those of another stream with its name. */
  columns: string[];
  /** In words: only where all of these hold, and for each row of what. */
  condition: string;
}

/** What stands around an element in its template. */
interface Around {
  conditions: readonly string[];
  /** The stream whose columns bare names mean; undefined: that of the mapping. */
  rows: string | undefined;
}

/** Streams by the names that expressions have for their rows. */
export type RowNames = ReadonlyMap<string, string>;

/** Every element that a template writes, in its order. */
export function elementSheets(
  { template, type }: ResourceSource,
  columns: (stream: string | undefined) => ReadonlySet<string>,
  rowNames: RowNames,
  named: NamedTexts,
): ElementSheet[] {
  return new TemplateReader(columns, rowNames, named).map(template, type, {
    conditions: [],
    rows: undefined,
  });
}

class TemplateReader {
  readonly #columns: (stream: string | undefined) => ReadonlySet<string>;
  readonly #rowNames: RowNames;
  readonly #named: NamedTexts;

  constructor(columns: TemplateReader['columnsOf'], rowNames: RowNames, named: NamedTexts) {
    this.#named = named;
    this.#columns = columns;
    this.#rowNames = rowNames;
  }

  columnsOf(stream: string | undefined): ReadonlySet<string> {
    return this.#columns(stream);
  }

  map(map: YamlMap, path: string, around: Around): ElementSheet[] {
    const inside = this.#inside(map, around);
    const made = yamlEntry(map, functionKey);
    if (made && isYamlScalar(made)) return [this.#function(made.text, map, path, inside)];
    return map.entries.flatMap(({ key, value }) =>
      key.text.startsWith('$') ? [] : this.#node(value, `${path}.${key.text}`, inside),
    );
  }

  #node(node: YamlNode, path: string, around: Around): ElementSheet[] {
    if (node.kind === 'map') return this.map(node, path, around);
    if (node.kind === 'list') return node.items.flatMap((item) => this.#node(item, path, around));
    return [this.#scalar(node, path, around)];
  }

  /** What a function makes, from the columns that it is given. */
  #function(name: string, map: YamlMap, path: string, { conditions, rows }: Around): ElementSheet {
    const given = yamlEntry(map, withKey);
    const columns = (given?.kind === 'map' ? given.entries : []).flatMap(({ value }) =>
      value.kind === 'text' && !value.text.startsWith('=') ? this.#columnsIn(value.text, rows) : [],
    );
    const says = `what the function ${name} makes`;
    return { path, says, expression: name, columns, condition: conditions.join('; ') };
  }

  #scalar(node: YamlScalar, path: string, { conditions, rows }: Around): ElementSheet {
    const condition = conditions.join('; ');
    const isExpression = node.kind === 'text' && !node.text.startsWith('=');
    if (!isExpression) {
      const text = node.text.replace(/^=/, '');
      return { path, says: `“${text}”`, expression: `=${text}`, columns: [], condition };
    }
    const columns = this.#columnsIn(node.text, rows);
    return { path, says: inWords(node.text) ?? '', expression: node.text, columns, condition };
  }

  #inside(map: YamlMap, around: Around): Around {
    const [each, when] = [yamlEntry(map, '$each'), yamlEntry(map, '$when')];
    const rows = each && isYamlScalar(each) ? this.#streamOf(each.text) : around.rows;
    return {
      rows,
      conditions: [
        ...around.conditions,
        ...(each && isYamlScalar(each) ? [`for each row of ${rows ?? each.text}`] : []),
        ...(when && isYamlScalar(when) ? [`if ${inWords(when.text) ?? when.text}`] : []),
      ],
    };
  }

  #streamOf(rows: string): string | undefined {
    const [name = ''] = rows.split(/[.(]/, 1);
    return streamYielded(rows, this.#named) ?? this.#rowNames.get(name.trim());
  }

  #columnsIn(expression: string, rows: string | undefined): string[] {
    const own = this.columnsOf(rows);
    return namesIn(expression, this.#named).flatMap((name) => {
      if (name.includes('.')) return [name];
      if (name.startsWith('%')) {
        const column = name.slice(1);
        return this.columnsOf(undefined).has(column) ? [column] : [];
      }
      if (!own.has(name)) return [];
      return [rows === undefined ? name : `${rows}.${name}`];
    });
  }
}
