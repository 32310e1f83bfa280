import { readLocatedYaml, yamlEntry } from '../../base/locatedYaml.ts';
import { DeclarationReader } from '../../mapping/facts/declaration.ts';
import type {
  BlockDeclaration,
  ConditionDeclaration,
  FactDeclaration,
  FactForm,
} from '../../mapping/facts/declaration.ts';
import type { ProjectFile } from '../plan/read.ts';

/** One fact that is stated about a resource. */
export interface FactSheet {
  resource: string;
  concept: string;
  /** Columns, each of which states it; those of another stream with its name. */
  columns: readonly string[];
  /** How a value becomes what is compared. */
  reading: string;
  system: string;
  condition: string;
}

/** The facts that a mapping file declares. */
export function factSheets({ path, text }: ProjectFile): FactSheet[] {
  const { root } = readLocatedYaml(text);
  const declared = root?.kind === 'map' ? yamlEntry(root, 'facts') : undefined;
  if (declared === undefined) return [];
  return new DeclarationReader(path).blocks(declared).flatMap(ofBlock);
}

function ofBlock(block: BlockDeclaration): FactSheet[] {
  const resource = block.resource ?? block.subject?.resource ?? '';
  const own = block.facts.map((fact) => ofFact(resource, fact, block.unless));
  const related = block.related.flatMap(({ stream, facts, unless }) =>
    facts.map((fact) => {
      const sheet = ofFact(resource, fact, unless);
      return { ...sheet, columns: sheet.columns.map((column) => `${stream}.${column}`) };
    }),
  );
  return [...own, ...related];
}

function ofFact(
  resource: string,
  { concept, columns, form, system, when, unless }: FactDeclaration,
  unlessAll: readonly ConditionDeclaration[],
): FactSheet {
  const conditions = [
    ...when.map((one) => `if ${test(one)}`),
    ...[...unlessAll, ...unless].map((one) => `not if ${test(one)}`),
  ];
  return {
    resource,
    concept,
    columns,
    reading: read(form),
    system,
    condition: conditions.join('; '),
  };
}

function test({ column, test: wanted }: ConditionDeclaration): string {
  if (typeof wanted === 'boolean') return `${column} is ${wanted ? 'empty' : 'given'}`;
  return `${column} is ${wanted.join(' or ')}`;
}

function read(form: FactForm): string {
  switch (form.kind) {
    case 'as':
      return [...form.values].map(([code, value]) => `${code} → ${value ?? 'nothing'}`).join(', ');
    case 'text':
      return 'as it stands';
    case 'digest':
      return 'the digest of its bytes';
    case 'date':
    case 'dateTime':
      return `written as ${form.pattern.replaceAll('|', ' or ')}`;
    case 'decimal':
      return 'the number, with its digits';
    case 'boolean':
      return `yes: ${form.yes.join(', ')}; no: ${form.no.join(', ')}`;
    case 'reference':
      return `the ${form.resource} of the ${form.stream} item with this key`;
    case 'is':
      return `always “${form.constant}”`;
  }
}
