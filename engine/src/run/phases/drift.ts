import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { RunStream } from '../../ledger/streams.ts';
import type { Source } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { schemaDigestOf } from './assess.ts';

type Schema = Pick<Stream, 'columns' | 'key'>;

/** The stream as its source knows it: without the source's name before it. */
export function toStream(stream: RunStream): Stream {
  const name = stream.name.slice(stream.source.length + 1);
  return { name, columns: stream.columns, key: stream.key };
}

/**
 * Compare the columns, types and key of a stream with those the run was planned for (R16).
 * @throws HandoverError `source-drift` (transient, exit 3) with the names of what changed: the run
 * pauses, and nothing is read under a schema that nobody decided on.
 */
export async function requireSameSchema(source: Source, stream: RunStream): Promise<void> {
  const now = await schemaNow(source, toStream(stream));
  if (now !== undefined && schemaDigestOf(now) === stream.schemaDigest) return;
  const changes = now === undefined ? 'it is gone' : changesBetween(stream, now).join(', ');
  throw new HandoverError(
    'source-drift',
    `"${stream.name}" is not what was assessed: ${changes}. What was read before stays as it is.`,
    {
      failure: 'transient',
      exitCode: exitCodes.planInvalid,
      next: 'Put the source back as it was and resume, or decide on the change and begin a new run.',
    },
  );
}

async function schemaNow(source: Source, stream: Stream): Promise<Schema | undefined> {
  if (source.layout !== undefined) return source.layout(stream);
  return (await source.streams()).find(({ name }) => name === stream.name);
}

/** The former name of the column at a place, where it is another there and its type the same. */
function renamedFrom(before: Schema, now: Schema, at: number): string | undefined {
  const [former, column] = [before.columns[at], now.columns[at]];
  const has = ({ columns }: Schema, name = ''): boolean => columns.some((one) => one.name === name);
  if (former === undefined || former.sourceType !== column?.sourceType) return undefined;
  return has(now, former.name) || has(before, column.name) ? undefined : former.name;
}

/** In words: which columns came, went, or changed their name or type, and whether the key did. */
function changesBetween(before: Schema, now: Schema): string[] {
  const changes: string[] = [];
  const types = new Map(before.columns.map(({ name, sourceType }) => [name, sourceType]));
  for (const [at, { name, sourceType }] of now.columns.entries()) {
    const former = types.get(name);
    types.delete(name);
    const renamed = renamedFrom(before, now, at);
    if (renamed !== undefined) {
      types.delete(renamed);
      changes.push(`column ${renamed} is now ${name}`);
      continue;
    }
    if (former === undefined) changes.push(`column ${name} was added`);
    else if (former !== sourceType) changes.push(`column ${name} was ${former}, is ${sourceType}`);
  }
  for (const name of types.keys()) changes.push(`column ${name} was removed`);
  if (before.key.join() !== now.key.join()) changes.push(`the key is (${now.key.join(', ')})`);
  return changes.length > 0 ? changes : ['the order of its columns changed'];
}
