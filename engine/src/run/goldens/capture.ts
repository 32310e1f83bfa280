import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Source } from '../../model/source.ts';
import type { InventoryStream } from '../phases/assess.ts';
import type { ProjectText } from '../plan/read.ts';
import { previewMapping } from '../preview.ts';
import type { GivenRows } from './goldenFile.ts';
import type { GivenRow } from './rowsAtHand.ts';

/**
 * Goldens are files that people commit and mail, so nothing of a patient may stand in one. A row is
 * taken only from a source of which the plan says that every value in it is made up.
 * @throws HandoverError `capture-refused` (exit 2).
 */
export function requireSynthetic({ document }: ProjectText, source: string): void {
  if (document.sources[source]?.['synthetic'] === true) return;
  throw new HandoverError(
    'capture-refused',
    `A golden holds no value of a patient, and "${source}" is not declared to be made up.`,
    {
      exitCode: exitCodes.usage,
      next: `Write the golden by hand with invented values, or, if all of "${source}" is invented, say so there with \`synthetic: true\`.`,
    },
  );
}

/** The row with this key, and the rows of other streams that its mapping reaches from it. */
export async function captureRows(
  sources: ReadonlyMap<string, Source>,
  streams: readonly InventoryStream[],
  mapping: CompiledMapping,
  wanted: { stream: InventoryStream; key: string },
  signal: AbortSignal,
): Promise<GivenRows | undefined> {
  const others = new Map<string, Map<string, GivenRow>>();
  const { stream, key } = wanted;
  const request = {
    stream,
    where: { columns: stream.key, key },
    limit: 1,
    reached: ({ name }: InventoryStream, row: GivenRow): void => {
      const rows = others.get(name) ?? new Map<string, GivenRow>();
      others.set(name, rows.set(JSON.stringify(row), withoutNulls(row)));
    },
  };
  const [item] = await previewMapping(sources, streams, mapping, request, signal);
  if (item === undefined) return undefined;
  const reached = [...others].map(([name, rows]) => [name, [...rows.values()]] as const);
  return { given: [withoutNulls(item.row)], with: new Map(reached) };
}

/** In a golden a column that is left out is NULL. */
function withoutNulls(row: GivenRow): GivenRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
