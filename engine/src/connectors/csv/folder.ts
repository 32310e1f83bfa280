import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileFailure } from './failure.ts';

/** What lies in a folder: names of files, and of everything else with a slash behind it. */
export async function listFolder(folder: string): Promise<{ files: string[]; others: string[] }> {
  try {
    const files: string[] = [];
    const others: string[] = [];
    for (const name of (await readdir(folder)).toSorted()) {
      if (name.startsWith('.')) continue;
      const found = await stat(join(folder, name));
      if (found.isFile()) files.push(name);
      else others.push(`${name}/`);
    }
    return { files, others };
  } catch (error) {
    throw fileFailure(error, folder);
  }
}

/** Delimiters by the ending of a file's name. */
export const delimiterByEnding: Readonly<Record<string, string>> = {
  '.csv': ',',
  '.txt': ',',
  '.tsv': '\t',
  '.tab': '\t',
  '.psv': '|',
};

/** The name that a file has when gzip has not packed it. */
export function unpackedName(name: string): string {
  return name.toLowerCase().endsWith('.gz') ? name.slice(0, -3) : name;
}

export function endingOf(name: string): string {
  return extname(name).toLowerCase();
}
