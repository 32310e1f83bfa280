import type { Exclusion, Folded } from '../folds.ts';
import { decide } from '../writers.ts';
import type { Identities } from '../reference.ts';
import type { RelatedRow } from '../related.ts';
import type { Row } from '../../fhirpath/environment.ts';
import type { Work, Writer } from '../work.ts';
import type { DocumentItem } from './documentDrafts.ts';

/** As much of a mapping as makes items of its records. */
export interface ItemRules {
  stream: string;
  holds: readonly Exclusion[];
  resources: readonly { name: string; type: string; write: Writer }[];
}

/** Rows of one document: those that are in it, with what they become, and those that are held. */
export interface LandedRows extends Folded {
  items: readonly DocumentItem[];
  held: readonly RelatedRow[];
}

const none: readonly string[] = [];

/**
 * What a record becomes by itself, as items of a document. Why it becomes nothing stands in `work.failure`.
 */
export function itemsOf(
  { stream, holds, resources }: ItemRules,
  identities: Identities,
  key: string,
  row: Row,
  work: Work,
): DocumentItem[] {
  for (const { when, reason } of holds) {
    if (decide(when, row, 'hold', work) === true) work.fail(reason, 'hold');
  }
  const items: DocumentItem[] = [];
  work.tag = identities.identify(stream, key);
  work.row = row;
  work.made = [];
  for (const { name, type, write } of resources) {
    work.id = identities.stableId(work.tag, name);
    work.references = [];
    work.objects = none;
    const body = write(row, work);
    if (work.objects.length > 0) work.fail('landing-with-object', type);
    if (body !== '') items.push({ type, id: work.id, body });
    if (body !== '') work.made.push(`${type}/${work.id}`);
  }
  if (work.failure === undefined && items.length === 0) work.fail('draft-none', '');
  return items;
}

/**
 * The rows of a group of which items can be made. Each of the others is held by itself, where it is mapped, and
 * the document says how many they are.
 */
export function landedRows(
  rules: ItemRules,
  identities: Identities,
  { members, rows }: Folded,
  work: Work,
): LandedRows {
  const items: DocumentItem[] = [];
  const isSound = ({ record, row, problem, unusable }: RelatedRow): boolean => {
    if (problem !== undefined || unusable !== undefined || record.held !== undefined) return false;
    return work.aside(() => {
      const made = itemsOf(rules, identities, record.key, row, work);
      if (work.failure === undefined) items.push(...made);
      return work.failure === undefined;
    });
  };
  const sound = members.filter(isSound);
  const held = members.filter((one) => !sound.includes(one));
  return { members: sound, rows, problem: undefined, items, held };
}
