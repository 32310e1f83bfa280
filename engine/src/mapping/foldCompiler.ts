import type { YamlScalar } from '../base/locatedYaml.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import type { Stream } from '../model/stream.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import { RowExpressions } from './expressions.ts';
import { CodesAsText } from './codesAsText.ts';
import type { ExpressionNames } from './expressions.ts';
import type { FoldUse } from './folds.ts';
import type { ChildrenSource } from './foldSource.ts';
import { ProblemList } from './problems.ts';
import type { JoinUses } from './related.ts';
import type { MappingSource } from './source.ts';

export interface FoldSurroundings {
  /** All mappings of the project. */
  sources: readonly MappingSource[];
  streams: readonly Stream[];
  uses: JoinUses;
  emptyIs(stream: string): '' | null;
  names(codesAsText?: CodesAsText): ExpressionNames;
}

/** What expressions call the rows of a group. */
const groupName = 'rows';

/** Compiles `children:`, `group:` and `foldedInto:` of one mapping. */
export class FoldCompiler {
  readonly #source: MappingSource;
  readonly #stream: Stream;
  readonly #around: FoldSurroundings;

  constructor(source: MappingSource, stream: Stream, around: FoldSurroundings) {
    this.#source = source;
    this.#stream = stream;
    this.#around = around;
  }

  compile(): { children: FoldUse[]; group: FoldUse | undefined } {
    this.#checkParent();
    const children = this.#source.children.flatMap((each) => this.#children(each) ?? []);
    return { children, group: this.#group() };
  }

  /** What a fold yields depends on which of its rows take part. */
  digest(): readonly unknown[] {
    return this.#source.children.map(({ stream }) => {
      const excludes = this.#sourceOf(stream.text)?.excludes ?? [];
      const lets = this.#sourceOf(stream.text)?.lets ?? [];
      const named = lets.map(({ name, expression }) => [name.text, expression.text]);
      const said = excludes.map(({ when }) => when.text);
      return named.length === 0 ? [stream.text, said] : [stream.text, said, named];
    });
  }

  #children({ name, stream, by, on, order }: ChildrenSource): FoldUse | undefined {
    const child = this.#around.streams.find((each) => each.name === stream.text);
    if (child === undefined) {
      const known = this.#around.streams.map((each) => each.name);
      const near = nearestName(stream.text, known);
      const problem = `no stream is called "${stream.text}"`;
      this.#source.problems.add(stream, 'stream-unknown', problem, near);
      return undefined;
    }
    if (this.#stream.columns.some((column) => column.name === name.text)) {
      const problem = `"${name.text}" is a column of the stream`;
      this.#source.problems.add(name, 'name-taken', problem, 'choose another name');
    }
    const own = this.#sourceOf(child.name);
    if (own && own.receivables.join() !== this.#source.receivables.join()) {
      const problem = `"${child.name}" and what it is folded into differ in receivables`;
      this.#source.problems.add(stream, 'receivables-of-child', problem, 'say the same in both');
    }
    if (own?.foldedInto?.text !== this.#stream.name) {
      const problem = `the mapping of "${child.name}" does not say that its records are folded here`;
      const fix = `write there foldedInto: ${this.#stream.name}`;
      this.#source.problems.add(stream, 'fold-undeclared', problem, fix);
    }
    const wanted = on?.length ?? this.#stream.key.length;
    if (by.length !== wanted) {
      const problem = `${by.length} columns cannot be equal to a key of ${wanted}`;
      this.#source.problems.add(stream, 'fold-mismatch', problem, 'name as many columns in by');
    }
    const columns = this.#positions(child, by).map((at) => child.columns[at]?.name ?? '');
    const parentKey = on && this.#positions(this.#stream, on);
    const join = { stream: child.name, columns };
    const use = this.#around.uses.of(join, child.columns, this.#around.emptyIs(child.name));
    const ordered = this.#positions(child, order);
    for (const at of ordered) use.reads.add(child.columns[at]?.name ?? '');
    const exclusions = this.#exclusions(child, use.reads);
    return { name: name.text, use, on: parentKey, order: ordered, exclusions };
  }

  /** What the children's own mapping excludes takes no part; its mistakes are told there. */
  #exclusions(child: Stream, reads: Set<string>): FoldUse['exclusions'] {
    const expressions = new RowExpressions(
      child.columns,
      this.#around.names(new CodesAsText([])),
      new ProblemList(''),
      child.name,
      reads,
    ).define(this.#sourceOf(child.name)?.lets ?? []);
    return (this.#sourceOf(child.name)?.excludes ?? []).flatMap(({ when, reason }) => {
      const condition = expressions.compile(when);
      return condition === undefined ? [] : [{ when: condition, reason }];
    });
  }

  #group(): FoldUse | undefined {
    const { group } = this.#source;
    if (group === undefined) return undefined;
    const { name, columns } = this.#stream;
    const on = this.#positions(this.#stream, group.by);
    const join = { stream: name, columns: on.map((at) => columns[at]?.name ?? '') };
    const use = this.#around.uses.of(join, columns, this.#around.emptyIs(name));
    const order = this.#positions(this.#stream, group.order);
    for (const at of order) use.reads.add(columns[at]?.name ?? '');
    const apart = group.apart && this.#apart(group.apart, use.reads);
    return { name: groupName, use, on, order, exclusions: [], ...(apart && { apart }) };
  }

  /** What is wrong with an expression of `let` is told by the mapping itself. */
  #apart(node: YamlScalar, reads: Set<string>): CompiledExpression | undefined {
    const { columns, name } = this.#stream;
    const { lets, problems } = this.#source;
    const silent = new RowExpressions(columns, this.#around.names(), new ProblemList(''), name);
    const { named } = silent.define(lets).names;
    const names = { ...this.#around.names(), ...(named && { named }) };
    return new RowExpressions(columns, names, problems, name, reads).compile(node);
  }

  #checkParent(): void {
    const { foldedInto, problems } = this.#source;
    if (foldedInto === undefined) return;
    const parent = this.#sourceOf(foldedInto.text);
    if (parent?.children.some(({ stream }) => stream.text === this.#stream.name)) return;
    const problem = `the mapping of "${foldedInto.text}" has no children from this stream`;
    const fix = `write there children: { rows: { stream: ${this.#stream.name}, by: … } }`;
    problems.add(foldedInto, 'fold-undeclared', problem, fix);
  }

  #sourceOf(stream: string): MappingSource | undefined {
    return this.#around.sources.find((each) => each.stream.text === stream);
  }

  #positions(stream: Stream, names: readonly YamlScalar[]): number[] {
    const columns = stream.columns.map(({ name }) => name);
    return names.flatMap((name) => {
      const at = columns.indexOf(name.text);
      if (at !== -1) return [at];
      const problem = `"${stream.name}" has no column "${name.text}"`;
      const near = nearestName(name.text, columns);
      this.#source.problems.add(name, 'column-unknown', problem, near);
      return [];
    });
  }
}
