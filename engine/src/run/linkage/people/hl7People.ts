import { createReadStream } from 'node:fs';
import { FrameSplitter } from '../../../formats/hl7v2/frames.ts';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import type { Segment, Value } from '../../../formats/hl7v2/segment.ts';
import { isOverlay } from '../../../linkage/overlay.ts';
import type { PersonRow, ToldPeople } from './person.ts';

/**
 * The people of a feed of HL7 v2: one row for each number of each authority (PID-3), as the newest
 * message tells; a merge (A40 and its like: MRG-1) joins two numbers, and a message that makes another
 * person of a number is an overlay. A message without PID-3 tells of nobody.
 */
export async function readHl7People(file: string): Promise<ToldPeople> {
  const told = new Feed();
  const splitter = new FrameSplitter();
  for await (const chunk of createReadStream(file)) {
    for (const frame of splitter.push(chunk as Buffer)) told.take(frame.bytes);
  }
  for (const frame of splitter.finish()) told.take(frame.bytes);
  return told.people();
}

class Feed {
  readonly #rows = new Map<string, { row: PersonRow; at: string }>();
  readonly #joined = new Map<string, readonly [string, string]>();
  readonly #overlaid = new Set<string>();

  take(bytes: Buffer): void {
    const message = parseMessage(bytes);
    const segments = message?.segments ?? [];
    const of = (name: string): Segment | undefined => segments.find((each) => each.name === name);
    const pid = of('PID');
    const row = pid && rowOf(pid);
    if (row?.record_key === undefined) return;
    const at = of('MSH')?.text(7) ?? '';
    const old = mergedNumber(of('MRG'));
    if (old !== undefined) this.#joined.set(old, [row.record_key, old]);
    const key = row.record_key;
    const before = this.#rows.get(key);
    // A merge tells of the survivor under the particulars that the sender holds now.
    if (before !== undefined && isOverlay(particularsOf(before.row), particularsOf(row))) {
      this.#overlaid.add(key);
    }
    if (before === undefined || before.at <= at) {
      this.#rows.set(key, { row: { ...before?.row, ...row }, at });
    }
  }

  people(): ToldPeople {
    const joined = [...this.#joined.values()];
    const known = joined.filter((pair) => pair.every((key) => this.#rows.has(key)));
    return {
      rows: [...this.#rows.values()].map(({ row }) => row),
      joined: known,
      overlaid: [...this.#overlaid],
    };
  }
}

const particularsOf = (row: PersonRow): Parameters<typeof isOverlay>[0] => ({
  family: row.family_name,
  given: row.given_name,
  birthDate: row.birth_date,
  sex: row.sex === 'U' || row.sex === 'O' ? undefined : row.sex,
  ssn: row.ssn,
});

function mergedNumber(mrg: Segment | undefined): string | undefined {
  const [value] = mrg?.values(1) ?? [];
  return value && keyOf(value);
}

const authorityOf = (value: Value): string => value.text(4, 1) || 'unnamed';
const keyOf = (value: Value): string => `${authorityOf(value)}|${value.text(1)}`;

/** Identifier types of HL7 table 0203 that say who somebody is anywhere. */
const national = /^(SS|SSN|NI|NNxxx|NH)$/;
/** Those of a chart in one house. */
const ofChart = /^(MR|PI|PT|MRN|)$/;

function rowOf(pid: Segment): PersonRow {
  const numbers = pid.values(3).filter((value) => value.text(1) !== '');
  const ssn = numbers.find((value) => national.test(value.text(5)));
  const [chart, other] = numbers.filter((value) => ofChart.test(value.text(5)));
  if (chart === undefined) return {};
  const [name] = pid.values(5);
  const [address] = pid.values(11);
  const contacts = [...pid.values(13), ...pid.values(14)];
  const [phone, phone2] = contacts.filter((each) => each.text(2) !== 'NET').map(phoneOf);
  const email = contacts.find((each) => each.text(2) === 'NET')?.text(4);
  return filled({
    record_key: keyOf(chart),
    chart_number: chart.text(1),
    chart_authority: authorityOf(chart),
    other_chart: other?.text(1),
    other_authority: other && authorityOf(other),
    family_name: name?.text(1),
    given_name: name?.text(2),
    middle_name: name?.text(3),
    name_suffix: name?.text(4),
    birth_date: pid.text(7).slice(0, 8),
    sex: pid.text(8),
    ssn: ssn?.text(1) ?? pid.text(19),
    street: address?.text(1),
    city: address?.text(3),
    postcode: address?.text(5),
    phone,
    phone2,
    email,
  });
}

/** XTN-12 or its older forms: the number as it was typed, or its parts. */
function phoneOf(value: Value): string {
  return value.text(1) || value.text(12) || `${value.text(6)}${value.text(7)}`;
}

/** Without what is silent. */
export function filled(row: Partial<Record<keyof PersonRow, string | undefined>>): PersonRow {
  const told = Object.entries(row).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(told);
}
