import { linkedTypes } from '../model/person.ts';
import type { Queries } from '../store/session.ts';
import { digestBytes, tokenBytes, type EntryPage } from './entries.ts';
import { TokenCounts } from './tokenCounts.ts';
import type { SliceKey } from './workUnit.ts';

/**
 * By token the newest version of each resource of a stream that runs which stand have written to a target, or
 * that this run has read there. 0: none has.
 */
export async function lastVersions(reader: Queries, place: SliceKey): Promise<TokenCounts> {
  const versions = new TokenCounts(1024);
  for await (const page of writtenPages(reader, place)) {
    for (let at = 0; at < page.count; at++) {
      const version = page.versions.readUInt32LE(at * 4);
      if (version > 0) versions.raise(page.tokens, at * tokenBytes, version);
    }
  }
  return versions;
}

/** The digests (hex) of the same versions, of the resources with these tokens (hex). */
export async function lastDigests(
  reader: Queries,
  place: SliceKey,
  tokens: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const found = new Map<string, { version: number; digest: string }>();
  for await (const page of writtenPages(reader, place)) {
    for (let at = 0; at < page.count; at++) {
      const token = page.tokens.toString('hex', at * tokenBytes, (at + 1) * tokenBytes);
      const version = page.versions.readUInt32LE(at * 4);
      if (!tokens.has(token) || version <= (found.get(token)?.version ?? 0)) continue;
      const digest = page.digests.toString('hex', at * digestBytes, (at + 1) * digestBytes);
      found.set(token, { version, digest });
    }
  }
  return new Map([...found].map(([token, { digest }]) => [token, digest]));
}

type WrittenPage = Pick<EntryPage, 'count' | 'tokens' | 'versions' | 'digests'>;

/**
 * A chart may be written by the record of any stream, so that batches with resources of its type count whatever
 * their stream; so does what was settled.
 */
async function* writtenPages(
  reader: Queries,
  { run, target, stream }: SliceKey,
): AsyncGenerator<WrittenPage> {
  let after: unknown[] = ['00000000-0000-0000-0000-000000000000', '', '', '', -1];
  for (;;) {
    const { rows } = await reader.query<
      WrittenPage & { run: string; phase: string; stream: string; slice: string; number: number }
    >(
      `select e.run, e.phase, e.stream, e.slice, e.number, e.count, e.tokens, e.versions, e.digests
         from handover.entry e
         join handover.run r on r.id = e.run
        where e.target = $1 and r.state <> 'undone'
          and ((e.phase = 'load' and (e.stream = $3 or e.slice like 'settle%'
                or e.types && $9))
            or (e.phase = 'link' and e.run = $2))
          and (e.run, e.phase, e.stream, e.slice, e.number) > ($4, $5, $6, $7, $8)
        order by e.run, e.phase, e.stream, e.slice, e.number limit 32`,
      [target, run, stream, ...after, linkedTypes],
    );
    yield* rows.filter(({ versions, count }) => versions.length === count * 4);
    const last = rows.at(-1);
    if (last === undefined || rows.length < 32) return;
    after = [last.run, last.phase, last.stream, last.slice, last.number];
  }
}
