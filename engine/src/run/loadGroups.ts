import { isRetire } from './phases/retire.ts';
import { isSettle } from './phases/settle.ts';
import type { SliceName } from './workflows.ts';

/**
 * Streams in their order, each before those that refer to it: neighbours that refer to nothing of each
 * other's together, so that no place stands empty while the last slice of one ends. Then settling. What
 * is taken out of the target is planned by itself, once nothing else is left, referring streams first.
 */
export function loadGroups(
  left: readonly SliceName[],
  mappings: ReadonlyMap<string, { refersTo: readonly string[] }>,
): SliceName[][] {
  if (onlyRetiring(left)) return left.toReversed().map((slice) => [slice]);
  const settle = left.filter(({ slice }) => isSettle(slice));
  const loading = left.filter(({ slice }) => !isSettle(slice) && !isRetire(slice));
  const groups: { streams: Set<string>; slices: SliceName[] }[] = [];
  for (const [stream, slices] of Map.groupBy(loading, (slice) => slice.stream)) {
    const group = groups.at(-1);
    // One that is not known to refer to others may do so all the same.
    const refersTo = mappings.get(stream)?.refersTo ?? [];
    const apart = refersTo.length > 0 && !refersTo.some((other) => group?.streams.has(other));
    if (group && apart) {
      group.streams.add(stream);
      group.slices.push(...slices);
    } else groups.push({ streams: new Set([stream]), slices });
  }
  return [...groups.map(({ slices }) => slices), ...settle.map((slice) => [slice])];
}

/** Whether everything has been loaded and settled, and only taking out is left. */
export function onlyRetiring(left: readonly SliceName[]): boolean {
  return left.length > 0 && left.every(({ slice }) => isRetire(slice));
}
