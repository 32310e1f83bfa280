import { isRetire } from './phases/retire.ts';
import { isSettle } from './phases/settle.ts';
import type { SliceName } from './workflows.ts';

/**
 * Streams in their order, each before those that refer to it: neighbours that refer to nothing of each
 * other's together, so that no place stands empty while the last slice of one ends. Settling is planned
 * when all are loaded, and taking out of the target once nothing else is left, referring streams first.
 */
export function loadGroups(
  left: readonly SliceName[],
  mappings: ReadonlyMap<string, { refersTo: readonly string[] }>,
): SliceName[][] {
  if (onlyRetiring(left)) return left.toReversed().map((slice) => [slice]);
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
  return groups.map(({ slices }) => slices);
}

/** Whether everything has been loaded, and settling is next. */
export function onlySettling(left: readonly SliceName[]): boolean {
  return (
    left.some(({ slice }) => isSettle(slice)) &&
    left.every(({ slice }) => isSettle(slice) || isRetire(slice))
  );
}

/**
 * Where nothing waits, as most streams are, settling is done at once; where something does, in turn: what it
 * refers to is settled with it, of whatever stream it is.
 */
export function settleGroups(
  left: readonly SliceName[],
  waiting: readonly { stream: string; target: string; waiting: number }[],
): SliceName[][] {
  const settle = left.filter(({ slice }) => isSettle(slice));
  const waits = (one: SliceName): boolean =>
    waiting.some(
      (each) => each.waiting > 0 && each.stream === one.stream && each.target === one.target,
    );
  const idle = settle.filter((slice) => !waits(slice));
  const rest = settle.filter(waits).map((slice) => [slice]);
  return idle.length > 0 ? [idle, ...rest] : rest;
}

/** Whether everything has been loaded and settled, and only taking out is left. */
export function onlyRetiring(left: readonly SliceName[]): boolean {
  return left.length > 0 && left.every(({ slice }) => isRetire(slice));
}
