import { sha256Hex } from '../../base/digest.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { Stream } from '../../model/stream.ts';
import type { CompiledMapping } from '../mapper.ts';
import type { Identities } from '../reference.ts';
import { createDocumentMapping } from './documentMapping.ts';
import type { StandardSource } from './source.ts';
import type { Standard } from './standard.ts';

interface StandardEnvironment extends Identities {
  streams: readonly Stream[];
  settings?: ReadonlyMap<string, SourceSettings>;
}

/**
 * Mappings by a standard, of the streams that are there. A type of message of which none came is no
 * mistake of the file that names it; one that the file forgot is a stream without a disposition.
 */
export function compileStandards(
  sources: readonly StandardSource[],
  environment: StandardEnvironment,
): CompiledMapping[] {
  const seen = new Set<string>();
  return sources.flatMap(({ streams, standard, problems }) =>
    streams.flatMap((name): CompiledMapping[] => {
      if (seen.has(name.text)) {
        problems.add(name, 'stream-repeated', `"${name.text}" is mapped already`, 'remove one');
      }
      seen.add(name.text);
      const stream = environment.streams.find((each) => each.name === name.text);
      if (stream === undefined || standard === undefined) return [];
      if (stream.columns.at(-1)?.name !== 'content') {
        const problem = `the records of "${name.text}" are rows, and no documents`;
        problems.add(name, 'standard-unfit', problem, 'say what they become under resources');
        return [];
      }
      return [compileStandard(stream, standard, environment)];
    }),
  );
}

function compileStandard(
  { name, columns }: Stream,
  standard: Standard,
  environment: StandardEnvironment,
): CompiledMapping {
  const settings = environment.settings?.get(name.split('.', 1)[0] as string) ?? {};
  const { name: word, version } = standard;
  const digest = sha256Hex(JSON.stringify(['standard', word, version, settings, name]));
  const read = columns.map((column) => column.name);
  const parts = { stream: name, standard, columns: read, settings, digest };
  return createDocumentMapping(parts, environment);
}
