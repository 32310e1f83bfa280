import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { RunStream } from '../../ledger/streams.ts';
import type { Source } from '../../model/source.ts';
import type { Stream } from '../../model/stream.ts';
import { columnChanges, columnChangeWords, type Schema } from '../columnChanges.ts';
import { schemaDigestOf } from './assess.ts';

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

function changesBetween(before: Schema, now: Schema): string[] {
  const changes = columnChanges(before, now).map(columnChangeWords);
  if (before.key.join() !== now.key.join()) changes.push(`the key is (${now.key.join(', ')})`);
  return changes.length > 0 ? changes : ['the order of its columns changed'];
}
