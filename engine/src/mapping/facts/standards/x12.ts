import { statedMoment } from './hl7Time.ts';
import type { StandardFacts, Statements } from './standardFacts.ts';
import { stateClaims } from './x12Claims.ts';
import { stateMembers } from './x12Members.ts';
import { statePayments } from './x12Payments.ts';
import type { Segment, TransactionSegments } from './x12Segments.ts';

/**
 * What claims state (837): whose they are, their total and the charge of every line, to the digit; what
 * remittances state (835): the payment, and what was paid for each claim; and whom an enrollment (834)
 * says to be covered, under which numbers and from when.
 */
export const x12Facts: StandardFacts = {
  name: 'x12',
  version: 2,
  declared: new Map(),
  read(bytes, settings) {
    const statements: Statements = { moment: '', facts: [], unreadable: [] };
    const transaction = transactionIn(bytes.toString('latin1'));
    if (transaction === undefined) return statements;
    const { bht, gs, set } = transaction;
    const time = (segment: Segment): string =>
      `${segment[4] ?? ''}${segment[5]?.slice(0, 4) ?? ''}`;
    const { zone } = settings;
    statements.moment = statedMoment(time(bht), zone) || statedMoment(time(gs), zone);
    readers[set]?.(transaction, settings, statements);
    return statements;
  },
};

const readers: Readonly<Record<string, typeof stateClaims>> = {
  '834': stateMembers,
  '835': statePayments,
  '837': stateClaims,
};

function transactionIn(text: string): TransactionSegments | undefined {
  const element = text[3];
  const terminator = text[105];
  if (!text.startsWith('ISA') || element === undefined || terminator === undefined) {
    return undefined;
  }
  const segments: readonly Segment[] = text.split(terminator).map((segment) =>
    segment
      .replace(/[\r\n]/g, '')
      .trim()
      .split(element),
  );
  const find = (id: string): Segment => segments.find(([name]) => name === id) ?? [];
  const isa = find('ISA');
  const gs = find('GS');
  const st = find('ST');
  return {
    set: st[1] ?? '',
    gs,
    bht: find('BHT'),
    numbers: [isa[6]?.trim(), isa[13], gs[6], st[2]].join('|'),
    segments: segments.slice(Math.max(0, segments.indexOf(st))),
  };
}
