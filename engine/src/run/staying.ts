import { sha256Hex } from '../base/digest.ts';
import type { CompiledFacts } from '../mapping/facts/evaluate.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import type { ReceivablesWay } from '../mapping/shape.ts';
import type { RecordBatch } from '../model/record.ts';
import { packItems } from '../staging/packedItems.ts';
import { withoutLeft } from './scope.ts';

/**
 * A mapping of records that all stay behind by the plan's word on receivables; `all`: every mapping
 * of the stream, none of which holds now.
 */
export function mappingStaying(
  mapping: CompiledMapping,
  all: readonly CompiledMapping[],
  way: ReceivablesWay,
): CompiledMapping {
  const leave = ({ keys }: RecordBatch): PackedMappedBatch => ({
    drafts: [],
    outcomes: keys.map(() => ({ state: 'excluded', reason: 'receivables', path: way })),
    issues: [],
    unread: new Map(),
    bodies: packItems([]),
    contributions: [],
  });
  return {
    ...mapping,
    digest: sha256Hex(`${mapping.digest} receivables ${way}`),
    leaves: leaving(distinctColumns(all), way),
    columnsRead: [],
    resources: [],
    refersTo: [],
    foldedInto: undefined,
    folds: [],
    joins: [],
    map: leave,
    mapRelated: leave,
  };
}

/** A mapping that has less to read than another file for the same stream, which does not hold now. */
export function mappingBeside(
  mapping: CompiledMapping,
  others: readonly CompiledMapping[],
  way: ReceivablesWay,
): CompiledMapping {
  const left = distinctColumns(others).filter((column) => !mapping.columnsRead.includes(column));
  return left.length === 0 ? mapping : { ...mapping, leaves: leaving(left, way) };
}

function distinctColumns(mappings: readonly CompiledMapping[]): string[] {
  return [...new Set(mappings.flatMap(({ columnsRead }) => columnsRead))];
}

function leaving(
  columns: readonly string[],
  way: ReceivablesWay,
): NonNullable<CompiledMapping['leaves']> {
  return { columns, reason: `receivables: ${way}` };
}

/** Their facts: that nothing of them may be at the target. */
export function factsStaying(facts: CompiledFacts, way: ReceivablesWay): CompiledFacts {
  return {
    ...facts,
    digest: sha256Hex(`${facts.digest} receivables ${way}`),
    read(batch, related) {
      const all = new Map(batch.keys.map((_, ordinal) => [ordinal, way]));
      return withoutLeft(facts.read(batch, related), all);
    },
  };
}
