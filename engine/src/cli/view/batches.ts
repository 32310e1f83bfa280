import { ViewTable, type TableBatch } from '../../views/table.ts';
import type { CompiledView } from '../../views/view.ts';
import type { FoundResource } from './resources.ts';

/** What a view was made of, and what it was not: counts, codes and places. */
export class ViewReport {
  resources = 0;
  /** Resources of the type that the view reads. */
  read = 0;
  rows = 0;
  refused = 0;
  readonly issues = new Map<string, { code: string; column: string; resources: number }>();
  readonly places: { file: string; line: number; offset: number; reason: string }[] = [];

  refuse({ file, line, offset }: FoundResource, code: string, column: string): void {
    this.refused++;
    const key = `${code} ${column}`;
    const known = this.issues.get(key);
    if (known === undefined) this.issues.set(key, { code, column, resources: 1 });
    else known.resources++;
    if (this.places.length < mostPlaces) this.places.push({ file, line, offset, reason: code });
  }
}

/** Places of what was refused that are told one by one. */
const mostPlaces = 1000;

/** Rows of a view in batches, in the order of the resources. */
export function* batchesOf(
  view: CompiledView,
  resources: Iterable<FoundResource>,
  report: ViewReport,
  size: number,
): Generator<TableBatch> {
  const table = new ViewTable(view);
  for (const found of resources) {
    const { resource } = found;
    if (resource === undefined) {
      report.refuse(found, found.refused ?? 'json-unreadable', '');
      continue;
    }
    report.resources++;
    if (resource['resourceType'] !== view.resource) continue;
    report.read++;
    const issue = table.add(resource, found.resolve);
    if (issue !== undefined) report.refuse(found, issue.code, issue.column);
    while (table.rows >= size) {
      report.rows += size;
      yield table.take(size);
    }
  }
  if (table.rows > 0) {
    report.rows += table.rows;
    yield table.take(size);
  }
}
