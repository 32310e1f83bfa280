import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { sha256Hex } from '../src/base/digest.ts';
import { JsonNumber, isJsonObject, parseJson } from '../src/base/json.ts';
import type { Json, JsonObject } from '../src/base/json.ts';
import { writeAcknowledgement } from '../src/formats/x12/acknowledgement.ts';
import type { Group, X12Event } from '../src/formats/x12/envelope.ts';
import { X12Reader } from '../src/formats/x12/reader.ts';
import { X12Converter, settled } from '../src/mapping/library/x12/convert.ts';
import type { ConvertedUnit } from '../src/mapping/library/x12/convert.ts';
import { inTenThousandths, recount } from './x12Recount.ts';
import type { Recounted } from './x12Recount.ts';

export interface X12Measure {
  files: number;
  interchanges: number;
  /** Files of which nothing was refused, and the others. */
  accepted: number;
  refused: number;
  /** Accepted files with errors that were noted: counts below what came, numbers that only count wrong. */
  noted: number;
  transactions: { accepted: number; noted: number; refused: number };
  /** Claims of 837s and their service lines that stand in the FHIR output. */
  claims: number;
  lines: number;
  /** Claim payments of 835s and their service lines that stand in the FHIR output. */
  payments: number;
  paymentLines: number;
  /** Claims whose lines do not add up to them, and 835s that do not tie; the 835s are quarantined. */
  unbalanced: number;
  quarantined: number;
  /** Of what was counted apart in accepted transactions: found again, to the cent. */
  recounted: { claims: number; lines: number; matched: number; missed: number };
  /** Money as sent and as written, in cents. */
  totals: { sent: string; written: string };
  /** Refused transactions for which a 999 (or a TA1) that refuses them was written and read again. */
  acknowledged: number;
  refusals: { file: string; reason: string }[];
  misses: { cause: string; file: string; place: string }[];
}

type Tally = Omit<X12Measure, 'totals'> & { sent: bigint; written: bigint };

/** @param directory X12 files at any depth; what is no X12 is passed over. */
export function measureX12(directory: string): X12Measure {
  const tally: Tally = {
    files: 0,
    interchanges: 0,
    accepted: 0,
    refused: 0,
    noted: 0,
    transactions: { accepted: 0, noted: 0, refused: 0 },
    claims: 0,
    lines: 0,
    payments: 0,
    paymentLines: 0,
    unbalanced: 0,
    quarantined: 0,
    recounted: { claims: 0, lines: 0, matched: 0, missed: 0 },
    acknowledged: 0,
    refusals: [],
    misses: [],
    sent: 0n,
    written: 0n,
  };
  for (const file of filesOf(directory)) {
    const bytes = readFileSync(path.join(directory, file));
    if (isX12(file, bytes)) measureFile(file, bytes, tally);
  }
  const { sent, written, ...rest } = tally;
  return { ...rest, totals: { sent: cents(sent), written: cents(written) } };
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

const named = /\.(x12|edi|837[pid]?|835|834|27[0-8]|277ca|999|997)$/i;

/** By its name, or because it begins like X12 or has the beginning of an ISA near its own. */
function isX12(file: string, bytes: Buffer): boolean {
  if (named.test(file)) return true;
  const head = bytes.toString('latin1', 0, 4096);
  return /^[^A-Za-z]*(GS|ST)[^A-Za-z0-9\s]/.test(head) || /ISA([^A-Za-z0-9\s])..\1/.test(head);
}

interface Read {
  events: X12Event[];
  units: ConvertedUnit[];
}

function readFile(bytes: Buffer): Read {
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  const reader = new X12Reader({ acknowledge: true });
  const converter = new X12Converter({ identify, zone: undefined });
  const events = [...reader.push(bytes), ...reader.finish()];
  return { events, units: settled(events.flatMap((event) => [...converter.convert(event)])) };
}

function measureFile(file: string, bytes: Buffer, tally: Tally): void {
  tally.files++;
  const { events, units } = readFile(bytes);
  const counted = recount(bytes.toString('latin1'));
  tally.interchanges += counted.interchanges;
  let isRefused = false;
  let isNoted = false;
  /** Where transactions that were refused begin, and interchanges whose header nobody can read. */
  const refusedAt = new Set<number>();
  for (const event of events) {
    const verdict = verdictIn(event);
    if (verdict === 'refused') isRefused = true;
    if (verdict === 'noted') isNoted = true;
    if (event.kind === 'stray') refusedAt.add(event.offset);
    if (event.kind !== 'transaction') continue;
    tally.transactions[event.transaction.verdict]++;
    if (verdict === 'refused') refusedAt.add(event.transaction.header.offset);
  }
  if (isRefused) tally.refused++;
  else tally.accepted++;
  if (isNoted && !isRefused) tally.noted++;
  for (const { refused, offset, issues } of units) {
    tally.unbalanced += issues.filter(({ code }) => code === 'x12-claim-unbalanced').length;
    if (refused === undefined) continue;
    tally.refusals.push({ file, reason: refused });
    if (!refused.startsWith('x12-payment-unbalanced')) continue;
    tally.unbalanced++;
    tally.quarantined++;
    refusedAt.add(offset);
  }
  const sent = counted.transactions.filter(
    ({ offset, interchange }) => !refusedAt.has(offset) && !refusedAt.has(interchange),
  );
  compare(file, sent, units, tally);
  tally.acknowledged += acknowledged(events);
}

function verdictIn(event: X12Event): 'accepted' | 'noted' | 'refused' {
  switch (event.kind) {
    case 'stray':
      return 'refused';
    case 'transaction':
      return event.transaction.verdict;
    case 'group':
      return event.group.verdict;
    case 'interchange':
      return event.interchange.verdict;
    case 'units':
    case 'acknowledgement':
      return 'accepted';
  }
}

/** A claim as the FHIR output has it. */
interface Written {
  number: string;
  total: string;
  paid: string;
  lines: string[];
}

/** What was counted apart beside what was written, claim by claim in their order. */
function compare(
  file: string,
  sent: readonly Recounted[],
  units: readonly ConvertedUnit[],
  tally: Tally,
): void {
  const written = units.flatMap(({ resources }) => resources.flatMap((each) => claimIn(each)));
  for (const { isPayment, lines } of written) {
    tally[isPayment ? 'payments' : 'claims']++;
    tally[isPayment ? 'paymentLines' : 'lines'] += lines.length;
  }
  const claims = sent.flatMap((transaction) => transaction.claims);
  tally.recounted.claims += claims.length;
  for (const [nth, claim] of claims.entries()) {
    tally.recounted.lines += claim.lines.length;
    const ours = written[nth];
    const cause = ours === undefined ? 'claim not in the output' : differenceOf(claim, ours);
    tally.sent += sumOf(claim);
    tally.written += ours === undefined ? 0n : sumOf(ours);
    if (cause === undefined) tally.recounted.matched++;
    else {
      tally.recounted.missed++;
      tally.misses.push({ cause, file, place: `claim ${nth + 1}` });
    }
  }
  if (written.length > claims.length) {
    tally.misses.push({ cause: 'claim that was not sent', file, place: '' });
  }
}

function differenceOf(claim: Written, ours: Written): string | undefined {
  const same = (one: string, other: string): boolean =>
    inTenThousandths(one) === inTenThousandths(other);
  if (claim.number.trim() !== ours.number) return 'another claim';
  if (!same(claim.total, ours.total)) return 'total differs';
  if (claim.paid !== '' && !same(claim.paid, ours.paid)) return 'payment differs';
  if (claim.lines.length !== ours.lines.length) return 'service line missing';
  return claim.lines.every((line, nth) => same(line, ours.lines[nth] as string))
    ? undefined
    : 'charge of a line differs';
}

const sumOf = ({ total, lines }: Written): bigint =>
  [total, ...lines].reduce((sum, each) => sum + inTenThousandths(each), 0n);

/** A Claim or ExplanationOfBenefit as it is written: read back from its JSON, digits and all. */
function claimIn(resource: object): (Written & { isPayment: boolean })[] {
  const type = (resource as { resourceType: string }).resourceType;
  if (type !== 'Claim' && type !== 'ExplanationOfBenefit') return [];
  const json = parseJson(JSON.stringify(resource)) as JsonObject;
  const isPayment = type === 'ExplanationOfBenefit';
  const holder = isPayment ? at(json, 'claim', 'identifier') : at(json, 'identifier', 0);
  if (!isPayment && json['use'] === 'preauthorization') return [];
  const lines = Array.isArray(json['item']) ? json['item'] : [];
  return [
    {
      number: textAt(holder, 'value'),
      total: isPayment
        ? textAt(json, 'total', 0, 'amount', 'value')
        : textAt(json, 'total', 'value'),
      paid: isPayment ? textAt(json, 'total', 1, 'amount', 'value') : '',
      lines: lines.map((line) => textAt(line, 'net', 'value')),
      isPayment,
    },
  ];
}

function at(json: Json | undefined, ...steps: readonly (string | number)[]): Json | undefined {
  let found = json;
  for (const step of steps) {
    if (typeof step === 'number') found = Array.isArray(found) ? found[step] : undefined;
    else found = isJsonObject(found) ? found[step] : undefined;
  }
  return found;
}

/** A string or a number's digits; nothing where there is neither. */
function textAt(json: Json | undefined, ...steps: readonly (string | number)[]): string {
  const found = at(json, ...steps);
  return typeof found === 'string' ? found : found instanceof JsonNumber ? found.text : '';
}

/** Refused transactions whose 999 can be read and refuses them, and envelopes whose TA1 does. */
function acknowledged(events: readonly X12Event[]): number {
  let count = 0;
  let groups: Group[] = [];
  for (const event of events) {
    if (event.kind === 'group') groups.push(event.group);
    if (event.kind !== 'interchange') continue;
    const settings = { date: '20260101', time: '1200', control: '1' };
    const text = writeAcknowledgement(event.interchange, groups, settings);
    groups = [];
    const back = new X12Reader();
    const read = [...back.push(Buffer.from(text, 'latin1')), ...back.finish()];
    if (read.some((each) => verdictIn(each) !== 'accepted')) continue;
    count += text.split('~').filter((segment) => segment.startsWith('IK5*R')).length;
  }
  return count;
}

function cents(units: bigint): string {
  const whole = units < 0n ? -units : units;
  const digits = String(whole).padStart(5, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}
