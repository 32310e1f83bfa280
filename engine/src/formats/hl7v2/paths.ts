const paths = new Map<string, string[]>();

/** Segments whose paths are remembered, and fields of each. */
const mostPaths = 300;

/** `PID-3`; one string for each, as the same few paths are told of every message. */
export function fieldPath(name: string, field: number): string {
  return pathIn(pathsOf(name), name, field);
}

/** Those of a segment's fields that are remembered. */
export function pathsOf(name: string): string[] {
  let known = paths.get(name);
  if (known === undefined) {
    known = [];
    if (paths.size < mostPaths) paths.set(name, known);
  }
  return known;
}

/** The same, of a segment whose remembered paths are at hand. */
export function pathIn(known: string[], name: string, field: number): string {
  if (field >= mostPaths) return `${name}-${field}`;
  return (known[field] ??= `${name}-${field}`);
}
