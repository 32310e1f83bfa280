import type { Transaction } from '../../formats/x12/envelope.ts';
import { X12Reader } from '../../formats/x12/reader.ts';
import { longestTransaction } from '../../formats/x12/transactionSplitter.ts';
import { X12Converter, type ConvertedUnit } from '../library/x12/convert.ts';
import type { Resource } from '../library/resource.ts';
import { momentOf } from './moment.ts';
import { refused, type MappedDocument, type Standard } from './standard.ts';

const made = `
Claim ClaimResponse ExplanationOfBenefit PaymentReconciliation Coverage CoverageEligibilityRequest
CoverageEligibilityResponse Task Patient Practitioner Organization Location
`;

/** Transactions of X12, by their HIPAA guides: held whole, refused whole. */
export const x12: Standard = {
  name: 'x12',
  mediaType: 'application/edi-x12',
  version: 2,
  holding: new Set(['date-unreadable', 'number-unreadable', 'patient-missing']),
  resources: made.trim().split(/\s+/),
  map(bytes, settings): MappedDocument {
    if (bytes.length === 0) return refused('file-unread');
    if (bytes.length > longestTransaction) return refused('x12-transaction-too-long');
    const own = new Set<string>();
    let sender = '';
    const identify = (key: string): string => {
      const id = settings.identify(key);
      if (key.startsWith(`${sender}|`, key.indexOf('|') + 1)) own.add(id);
      return id;
    };
    const reader = new X12Reader({ mostHeld: 2 * longestTransaction });
    const converter = new X12Converter({ identify, zone: settings.zone });
    const units: ConvertedUnit[] = [];
    let transaction: Transaction | undefined;
    for (const event of [...reader.push(bytes), ...reader.finish()]) {
      // The trailers of group and interchange stay behind: the connector has counted them.
      if (event.kind !== 'transaction') continue;
      ({ transaction } = event);
      sender = keyOf(transaction);
      units.push(...converter.convert(event));
    }
    if (transaction === undefined) return refused(strayCode(bytes));
    const [code, path] = units.find((unit) => unit.refused)?.refused?.split(' ', 2) ?? [];
    if (code !== undefined) return refused(code, path);
    const resources = units.flatMap((unit) => unit.resources);
    const unread = units.flatMap((unit) => unit.unread);
    const issues = units.flatMap((unit) => unit.issues);
    const isOwn = ({ id }: Resource): boolean => own.has(id);
    return {
      moment: momentOfTransaction(transaction, settings.zone),
      resources,
      unread,
      issues,
      isOwn,
    };
  },
};

/** Tells a transaction apart: who sent it, and its numbers. */
function keyOf({ interchange, group, control }: Transaction): string {
  const { header } = interchange;
  return [header.peek(6).trim(), header.peek(13), group?.header.peek(6) ?? '', control].join('|');
}

/** BHT04 and BHT05, else the date and time of the group. */
function momentOfTransaction(
  { root, group }: Transaction,
  zone: Parameters<typeof momentOf>[1],
): string {
  const header = root?.segment('BHT');
  const clock = (written = ''): string => /^\d{4}(\d\d)?/.exec(written)?.[0] ?? '';
  const times = [header, group?.header].map((segment) => {
    const date = segment?.peek(4) ?? '';
    return date === '' ? '' : `${date.length === 6 ? '20' : ''}${date}${clock(segment?.peek(5))}`;
  });
  return momentOf(times, zone);
}

/** What stands in no transaction: a trailer that counts more than came, or no interchange at all. */
function strayCode(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 3);
  return start === 'ISA' ? 'x12-transaction-lost' : 'x12-no-interchange';
}
