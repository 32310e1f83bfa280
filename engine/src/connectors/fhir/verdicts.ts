import type { GivenId } from '../../model/target.ts';
import { entryAnswers, type EntryAnswer } from './answers.ts';
import type { BundleEntry } from './bundleText.ts';
import type { FhirReply } from './client.ts';
import { fateOf, type Fate } from './fate.ts';
import type { Order } from './orders.ts';
import { versionInEtag, versionInLocation } from './versions.ts';

/** An order in the server's words. */
export interface Ready {
  order: Order;
  entry: BundleEntry;
}

/** What became of one order. */
export interface Verdict {
  order: Order;
  fate: Fate;
  /** The answer was to this write alone, not to a Bundle as a whole. */
  alone?: boolean;
  answer?: EntryAnswer;
  askedMs?: number | undefined;
  /** The id that the server has for it, where the answer told. */
  given?: string;
}

const cutShort: Fate = { state: 'ambiguous', code: 'answer-unreadable' };

export function entryVerdicts(
  group: readonly Ready[],
  kind: 'transaction' | 'batch',
  reply: FhirReply,
): Verdict[] {
  const answers = entryAnswers(reply, kind, group.length);
  return group.map((ready, at) => {
    const answer = answers?.[at];
    return answer === undefined
      ? { order: ready.order, fate: cutShort }
      : verdictOf(ready, answer, reply.askedMs);
  });
}

export function verdictOf(ready: Ready, answer: EntryAnswer, askedMs: number | undefined): Verdict {
  const { order, entry } = ready;
  const { status, outcome, location } = answer;
  const fate = fateOf(status, outcome, askedMs !== undefined);
  if (fate.state === 'done' && entry.method === 'POST') return creation(ready, answer);
  // An answer about another resource is no answer about this one.
  if (fate.state === 'done' && !isAbout(location, entry.url)) return { order, fate: cutShort };
  const gone = order.write.kind === 'remove' && (status === 404 || status === 410);
  return { order, fate: gone ? { state: 'done' } : fate, answer, askedMs, alone: true };
}

/** 201: it was created. Any other success: something with our mark was there, to be looked at. */
function creation({ order, entry }: Ready, answer: EntryAnswer): Verdict {
  const given = idIn(answer.location, entry.url);
  if (given === undefined) return { order, fate: cutShort };
  const created = answer.status === 201;
  const fate: Fate = created ? { state: 'done' } : { state: 'overtaken', code: 'version-differs' };
  return { order, fate, answer, alone: true, given };
}

/** The ids that a server told with its answers. */
export function createdIds(verdicts: readonly Verdict[]): GivenId[] {
  return verdicts.flatMap(({ order, given }): GivenId[] => {
    const { type, id } = order.write;
    return given === undefined ? [] : [{ type, id, given }];
  });
}

export function versionTold(answer: EntryAnswer | undefined): string | undefined {
  return versionInEtag(answer?.etag) ?? versionInLocation(answer?.location);
}

function isAbout(location: string | undefined, name: string): boolean {
  if (location === undefined) return true;
  const plain = location.replace(/\/_history\/.*$/, '');
  return plain === name || plain.endsWith(`/${name}`);
}

/** The id in a location (`…/Patient/17/_history/1`), when it is of this type. */
function idIn(location: string | undefined, type: string): string | undefined {
  const plain = location?.replace(/\/_history\/.*$/, '') ?? '';
  const [id = '', of] = plain.split('/').toReversed();
  return of === type && /^[A-Za-z0-9\-.]{1,64}$/.test(id) ? id : undefined;
}
