import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import { chunksOf } from './chunks.ts';
import type { FolderForm } from './folderForm.ts';
import type { Table } from './table.ts';
import { emptyTally, type TableTally } from './tally.ts';
import { TextFile } from './textFile.ts';
import type { World } from './world.ts';

/**
 * The sample as a folder: one file a table, a guide to them, and under `truth/` one NDJSON file a
 * table, line for line, with all planted defects once more in `defects.ndjson`.
 * @throws HandoverError `sample-folder-not-empty`, `sample-folder-unwritable`.
 */
export async function writeFolder(
  folder: string,
  tables: readonly Table[],
  world: World,
  form: FolderForm,
  progress: (table: string, rows: number) => void,
): Promise<Record<string, TableTally>> {
  try {
    await prepare(folder);
    await mkdir(join(folder, form.below), { recursive: true });
    const { guide, manifest } = form;
    await writeFile(join(folder, guide.name), guide.text(tables));
    const defects = new TextFile(join(folder, 'truth', 'defects.ndjson'));
    const tallies: Record<string, TableTally> = {};
    for (const table of tables) {
      tallies[table.name] = await writeTable(folder, form, table, world, defects, progress);
    }
    await defects.close();
    if (manifest !== undefined) await writeManifest(join(folder, manifest), tallies, form);
    return tallies;
  } catch (error) {
    throw systemCode(error) === undefined || error instanceof HandoverError
      ? error
      : unwritable(error);
  }
}

async function prepare(folder: string): Promise<void> {
  await mkdir(join(folder), { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw new HandoverError('sample-folder-not-empty', 'the folder for the sample is not empty', {
      next: 'Name a new folder with --out, or empty this one. Nothing was written.',
      exitCode: exitCodes.usage,
    });
  }
  await mkdir(join(folder, 'truth'));
}

async function writeTable(
  folder: string,
  form: FolderForm,
  table: Table,
  world: World,
  defects: TextFile,
  progress: (table: string, rows: number) => void,
): Promise<TableTally> {
  const tally = emptyTally();
  const rows = new TextFile(join(folder, form.below, `${table.name}${form.ending}`));
  const truths = new TextFile(join(folder, 'truth', `${table.name}.ndjson`));
  const want = { truths: true, encode: form.encode };
  await rows.write(form.head(table));
  for (const chunk of chunksOf(table.name, table.rows(world), tally, want)) {
    await rows.write(chunk.rows);
    await truths.write(chunk.truths);
    await defects.write(chunk.defects);
    progress(table.name, tally.rows);
  }
  await Promise.all([rows.close(), truths.close()]);
  return tally;
}

/** Digest and number of records of every file, from where the manifest stands. */
async function writeManifest(
  path: string,
  tallies: Readonly<Record<string, TableTally>>,
  form: FolderForm,
): Promise<void> {
  const tables = basename(form.below);
  const files = [];
  for (const [name, { rows }] of Object.entries(tallies)) {
    const file = `${tables}/${name}${form.ending}`;
    const digest = createHash('sha256');
    for await (const bytes of createReadStream(join(dirname(path), file))) {
      digest.update(bytes as Buffer);
    }
    files.push({ file, sha256: digest.digest('hex'), records: rows });
  }
  const text = JSON.stringify({ system: 'Riverside legacy', delivery: 1, files }, undefined, 2);
  await writeFile(path, `${text}\n`);
}

function unwritable(error: unknown): HandoverError {
  const code = systemCode(error) ?? 'unknown';
  return new HandoverError('sample-folder-unwritable', `the sample was cut short (${code})`, {
    next: 'The folder holds a part of the sample: remove it, make room, and try again.',
    cause: error,
  });
}
