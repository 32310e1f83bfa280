import { nearestName } from '../../fhirpath/expressionError.ts';
import { hasKnownNames } from '../../mapping/columnSuggestion.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import type { ProjectText } from './read.ts';

/** What is written instead of columns that may be values. */
function unlikeHeader(columns: readonly string[]): string {
  return `none of these names is among its ${columns.length} columns: has the file a header?`;
}

/**
 * Dispositions of what the sources do not have: a decision about nothing is a decision that somebody
 * believes was made about something else. Sources whose streams are not at hand are not judged.
 */
export function dispositionProblems(project: ProjectText, streams: readonly Stream[]): Problem[] {
  const named = new Map(streams.map((stream) => [stream.name, stream]));
  const sourceOf = (stream: string): string => stream.split('.', 1)[0] as string;
  const sources = new Set(streams.map(({ name }) => sourceOf(name)));
  const problems: Problem[] = [];
  for (const [at, { stream: name, columns = [] }] of project.document.dispositions.entries()) {
    const tell = (path: (string | number)[], code: string, message: string, fix?: string): void => {
      const place = project.place(['dispositions', at, ...path]);
      const suggestion = fix === undefined ? {} : { suggestion: fix };
      problems.push({ file: 'handover.yaml', ...place, code, message, ...suggestion });
    };
    const stream = named.get(name);
    const written = Object.keys(project.document.sources).includes(sourceOf(name));
    if (stream === undefined) {
      if (written && !sources.has(sourceOf(name))) continue;
      const near = nearestName(name, named.keys());
      tell(['stream'], 'stream-unknown', `no stream is called "${name}"`, near);
      continue;
    }
    const known = stream.columns.map((column) => column.name);
    const mayTell = hasKnownNames(stream, columns);
    for (const [place, column] of columns.entries()) {
      if (known.includes(column)) continue;
      const message = `"${name}" has no column "${column}"`;
      const fix = mayTell ? (nearestName(column, known) ?? known.join(', ')) : unlikeHeader(known);
      tell(['columns', place], 'column-unknown', message, fix);
    }
  }
  return problems;
}
