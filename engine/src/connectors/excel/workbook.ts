import { posix } from 'node:path';
import type { Archive } from './archive.ts';
import { damaged, tooLarge } from './failure.ts';
import { builtInFormat, formatOf, general, type NumberFormat } from './numberFormat.ts';
import { SharedStrings, TextGatherer } from './sharedStrings.ts';
import { readXml } from './xml.ts';

/** What must be known of a workbook to read its sheets (ECMA-376 part 1, section 18.2). */
export interface Workbook {
  archive: Archive;
  /** In their order, hidden ones among them. */
  sheets: readonly Sheet[];
  /** Days are counted from 1904 on. */
  date1904: boolean;
  /** By the number of a cell's style. */
  formats: readonly NumberFormat[];
  strings: SharedStrings;
}

export interface Sheet {
  name: string;
  /** Its part of the archive; a chart or macro has none with cells. */
  part: string | undefined;
}

interface Relation {
  target: string;
  /** The last word of its type: `worksheet`, `styles`. */
  type: string;
}

/** @throws HandoverError `source-file-damaged`, `source-file-large`. */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const top = [...(await relationsOf(archive, '')).values()];
  const main = top.find(({ type }) => type === 'officeDocument')?.target;
  if (main === undefined || !archive.has(main)) throw damaged(archive.path);
  const relations = await relationsOf(archive, main);
  const partOf = (type: string): string | undefined =>
    [...relations.values()].find((one) => one.type === type)?.target;
  const { named, date1904 } = await readSheets(archive, main);
  const sheets = named.map(({ name, id }) => {
    const relation = relations.get(id);
    return { name, part: relation?.type === 'worksheet' ? relation.target : undefined };
  });
  const formats = await readFormats(archive, partOf('styles'));
  const strings = await readStrings(archive, partOf('sharedStrings'));
  return { archive, sheets, date1904, formats, strings };
}

/** What a part refers to (ECMA-376 part 2, section 6.5), by the id it uses. */
async function relationsOf(archive: Archive, part: string): Promise<Map<string, Relation>> {
  const relations = new Map<string, Relation>();
  const folder = posix.dirname(part);
  const file = posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
  if (!archive.has(file)) return relations;
  await readXml(archive, file, {
    open(name, attributes) {
      if (name !== 'Relationship' || attributes['TargetMode'] === 'External') return;
      const target = posix.resolve('/', folder, attributes['Target'] ?? '').slice(1);
      const type = posix.basename(attributes['Type'] ?? '');
      relations.set(attributes['Id'] ?? '', { target, type });
    },
    ...unheard,
  });
  return relations;
}

const unheard = { text: () => undefined, close: () => undefined };

async function readSheets(archive: Archive, main: string) {
  const named: { name: string; id: string }[] = [];
  let date1904 = false;
  await readXml(archive, main, {
    open(name, attributes) {
      if (name === 'workbookPr') date1904 = isTrue(attributes['date1904']);
      if (name !== 'sheet') return;
      const id = Object.keys(attributes).find((key) => key.endsWith(':id')) ?? '';
      named.push({ name: attributes['name'] ?? '', id: attributes[id] ?? '' });
    },
    ...unheard,
  });
  return { named, date1904 };
}

function isTrue(text: string | undefined): boolean {
  return text === '1' || text === 'true' || text === 'on';
}

async function readFormats(archive: Archive, part: string | undefined): Promise<NumberFormat[]> {
  const formats: NumberFormat[] = [];
  if (part === undefined || !archive.has(part)) return formats;
  const own = new Map<number, NumberFormat>();
  let inCells = false;
  await readXml(archive, part, {
    open(name, attributes) {
      if (name === 'numFmt') {
        own.set(Number(attributes['numFmtId']), formatOf(attributes['formatCode'] ?? ''));
      } else if (name === 'cellXfs') inCells = true;
      else if (name === 'xf' && inCells) {
        const id = Number(attributes['numFmtId'] ?? 0);
        formats.push(own.get(id) ?? builtInFormat(id));
      }
    },
    text: () => undefined,
    close(name) {
      if (name === 'cellXfs') inCells = false;
    },
  });
  return formats;
}

export function formatAt({ formats }: Workbook, style: string | undefined): NumberFormat {
  return formats[Number(style ?? 0)] ?? general;
}

async function readStrings(archive: Archive, part: string | undefined): Promise<SharedStrings> {
  const strings = new SharedStrings();
  if (part === undefined || !archive.has(part)) return strings;
  const gatherer = new TextGatherer('si', (text) => {
    if (!strings.add(text)) throw tooLarge(archive.path, 'has more than a gigabyte of texts');
  });
  await readXml(archive, part, gatherer);
  return strings;
}
