import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { buildProgram } from '../../engine/src/cli/program.ts';
import { writtenSchemas } from '../../engine/src/cli/schemas.ts';
import { openApi } from '../../engine/src/server/access/openApi.ts';
import { readHouse, root } from '../../engine/test/tidy/checkout.ts';
import { commandsPage } from './commandsPage.ts';
import { conceptsPage } from './conceptsPage.ts';
import { errorsPage } from './errorsPage.ts';
import { functionTable } from './functionTable.ts';
import { mappingKeyTable, planPage } from './planPage.ts';

const folder = 'docs/reference';

/** What the generated files of docs/reference are to hold, by path from the root of the checkout. */
export async function referencePages(): Promise<Map<string, string>> {
  const house = readHouse();
  const mapping = `${folder}/mapping.md`;
  const written = new Map([
    [`${folder}/errors.md`, errorsPage(house)],
    [`${folder}/cli.md`, commandsPage(buildProgram({}).command)],
    [`${folder}/concepts.md`, conceptsPage()],
    [`${folder}/plan.md`, planPage(house)],
    [`${folder}/handover.schema.json`, JSON.stringify(writtenSchemas.plan())],
    [`${folder}/openapi.json`, JSON.stringify(openApi())],
    [mapping, mappingPage(readPage(mapping))],
  ]);
  for (const [place, text] of written) {
    const options = await resolveConfig(path.join(root, place));
    written.set(place, await format(text, { ...options, filepath: place }));
  }
  return written;
}

function mappingPage(page: string): string {
  return withPart(withPart(page, 'keys', mappingKeyTable()), 'functions', functionTable());
}

export function readPage(place: string): string {
  return readFileSync(path.join(root, place), 'utf8');
}

/** A page written by hand with the part between `<!-- NAME -->` and `<!-- /NAME -->` replaced. */
function withPart(page: string, name: string, text: string): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(opening), page.indexOf(closing)];
  if (from < 0 || to < from) throw new Error(`the page has no part called ${name}`);
  return `${page.slice(0, from)}${opening}\n\n${text}\n\n${page.slice(to)}`;
}
