import type { Queries } from '../store/session.ts';

/** Pages of entries fetched at a time. */
const pagesAtOnce = 32;

/** SQL: extracted entries of run $1 and stream $2; slices of the present generation stand in the table. */
export const presentEntries = `e.run = $1 and e.stream = $2 and e.phase = 'extract'
  and e.slice not like 'replay-%' and exists (
    select 1 from handover.slice l
     where l.run = e.run and l.phase = 'extract' and l.target = '' and l.stream = e.stream
       and l.slice = e.slice)`;

/** A batch of extracted entries; without digests unless they are asked for. */
export interface ExtractedPage {
  slice: string;
  number: number;
  tokens: Buffer;
  digests: Buffer;
}

/** What was extracted of a stream, batch by batch in order, without what replays brought back. */
export async function* entryPages(
  reader: Queries,
  run: string,
  stream: string,
  withDigests = true,
): AsyncGenerator<ExtractedPage> {
  let after = { slice: '', number: -1 };
  const digests = withDigests ? 'e.digests' : `''::bytea as digests`;
  for (;;) {
    const { rows } = await reader.query<ExtractedPage>(
      `select e.slice, e.number, e.tokens, ${digests} from handover.entry e
        where ${presentEntries} and (e.slice, e.number) > ($3, $4)
        order by e.slice, e.number limit ${pagesAtOnce}`,
      [run, stream, after.slice, after.number],
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pagesAtOnce) return;
    after = last;
  }
}
