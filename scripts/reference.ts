/** `npm run reference`: write the pages of docs/reference that say what the sources say. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { root } from './runner/checks.ts';
import { readPage, referencePages } from './reference/pages.ts';

for (const [place, text] of await referencePages()) {
  let former: string | undefined;
  try {
    former = readPage(place);
  } catch {
    former = undefined;
  }
  if (former === text) continue;
  await writeFile(path.join(root, place), text);
  process.stdout.write(`${place}\n`);
}
