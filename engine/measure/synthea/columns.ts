import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';

/**
 * Synthea's versions differ in a column here and there. A column that the project has no word for is
 * decided as not moved, and one that a decision names and the tables lack is dropped from it, so that
 * the run is stopped by neither. A column that a mapping reads and that is not there still stops it.
 * @returns what was changed, a line each.
 */
export async function adaptDispositions(project: string, tables: string): Promise<string[]> {
  const place = join(project, 'handover.yaml');
  const document = parseDocument(await readFile(place, 'utf8'));
  const mappings = await mappingsOf(join(project, 'mappings/synthea'));
  const told: string[] = [];
  for (const stream of streamsOf(document)) {
    const columns = await columnsOf(join(tables, `${stream}.csv`));
    if (columns === undefined) continue;
    const mapping = mappings.filter((text) => text.includes(`synthea.${stream}`)).join('\n');
    told.push(...dropAbsent(document, stream, columns));
    const decided = new Set(decisionsOf(document, stream).flatMap(columnNames));
    const strange = columns.filter((one) => !decided.has(one) && !names(mapping, one));
    if (strange.length === 0) continue;
    document.addIn(['dispositions'], document.createNode(ofAnotherVersion(stream, strange)));
    told.push(`synthea.${stream}: not moved, of another version: ${strange.join(', ')}`);
  }
  await writeFile(place, document.toString());
  return told;
}

/** Texts of the mappings; their goldens stand in folders beside them. */
async function mappingsOf(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
}

function streamsOf(document: Document): string[] {
  const streams = document.getIn(['sources', 'synthea', 'streams']);
  const listed = isMap(streams) ? streams.items.map(({ key }) => String(key)) : [];
  const decided = decisions(document).map((one) => String(one.get('stream')).split('.')[1] ?? '');
  return [...new Set([...listed, ...decided])];
}

/** The columns of a table as its first line names them; undefined when there is no such table. */
async function columnsOf(path: string): Promise<string[] | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  for await (const line of file.readLines()) {
    return line
      .replace(/^\uFEFF/, '')
      .split(',')
      .map((name) => name.trim().replaceAll('"', ''));
  }
  return [];
}

function dropAbsent(document: Document, stream: string, columns: readonly string[]): string[] {
  return decisionsOf(document, stream).flatMap((decision) => {
    const list = decision.get('columns');
    if (!isSeq(list)) return [];
    const absent = columnNames(decision).filter((one) => !columns.includes(one));
    list.items = list.items.filter(
      (item) => !(isScalar(item) && absent.includes(String(item.value))),
    );
    if (list.items.length === 0) removeDecision(document, decision);
    return absent.length === 0 ? [] : [`synthea.${stream} has no ${absent.join(', ')}`];
  });
}

function removeDecision(document: Document, decision: YAMLMap): void {
  const all = document.get('dispositions');
  if (isSeq(all)) all.items = all.items.filter((one) => one !== decision);
}

function decisions(document: Document): YAMLMap[] {
  const all = document.get('dispositions');
  return isSeq(all) ? all.items.filter(isMap) : [];
}

function decisionsOf(document: Document, stream: string): YAMLMap[] {
  return decisions(document).filter((one) => one.get('stream') === `synthea.${stream}`);
}

function columnNames(decision: YAMLMap): string[] {
  const list = decision.get('columns');
  return isSeq(list) ? list.items.filter(isScalar).map(({ value }) => String(value)) : [];
}

/** Whether the mappings that read a stream, its own and others', speak of a column. */
function names(mapping: string, column: string): boolean {
  return new RegExp(`\\b${column}\\b`).test(mapping);
}

function ofAnotherVersion(stream: string, columns: readonly string[]) {
  return {
    stream: `synthea.${stream}`,
    columns,
    fate: 'not moved',
    reason: 'a column of another version of Synthea, which no mapping knows yet',
    owner: 'integration analyst',
    approver: 'HIM director',
  };
}
