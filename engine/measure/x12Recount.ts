/**
 * Claims, lines and money of an X12 file counted apart from the parser: the text is split at its
 * terminators and separators, and nothing else of the standard is known.
 */
export interface Recounted {
  /** Where its ST and its ISA stand in the file, in bytes. */
  offset: number;
  interchange: number;
  /** CLM with its lines, or CLP with its lines: number, total and line amounts as sent. */
  claims: { number: string; total: string; paid: string; lines: string[] }[];
}

/** Which element of a line is its charge. */
const chargeAt: Readonly<Record<string, number>> = { SV1: 2, SV2: 3, SV3: 2, SVC: 2 };

export function recount(text: string): { interchanges: number; transactions: Recounted[] } {
  const transactions: Recounted[] = [];
  let interchanges = 0;
  for (const start of starts(text)) {
    interchanges++;
    const next = text.indexOf('ISA', start + 106);
    const element = text[start + 3] as string;
    const terminator = text[start + 105] as string;
    let offset = start;
    let open: Recounted | undefined;
    for (const piece of text.slice(start, next < 0 ? text.length : undefined).split(terminator)) {
      const segment = piece.trimStart().replace(/[\r\n]/g, '');
      const at = offset + (piece.length - piece.trimStart().length);
      offset += piece.length + 1;
      const parts = segment.split(element);
      const id = parts[0] as string;
      if (id === 'ISA' && at > start) break;
      if (id === 'ST') {
        open = { offset: at, interchange: start, claims: [] };
        transactions.push(open);
      } else if (open !== undefined) count(open, id, parts);
      if (id === 'IEA') break;
    }
  }
  return { interchanges, transactions };
}

function count(open: Recounted, id: string, parts: readonly string[]): void {
  if (id === 'CLM') {
    open.claims.push({ number: parts[1] ?? '', total: parts[2] ?? '', paid: '', lines: [] });
  } else if (id === 'CLP') {
    const [, number = '', , total = '', paid = ''] = parts;
    open.claims.push({ number, total, paid, lines: [] });
  } else if (Object.hasOwn(chargeAt, id)) {
    open.claims.at(-1)?.lines.push(parts[chargeAt[id] as number] ?? '');
  }
}

/** Where an ISA begins: at the start, or after what is no letter or digit. */
function starts(text: string): number[] {
  return [...text.matchAll(/(?<![A-Za-z0-9])ISA(?=[^A-Za-z0-9\s])/g)].map(({ index }) => index);
}

/** A sum of decimal texts in ten-thousandths, the finest that any money here has. */
export function inTenThousandths(written: string): bigint {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(written.trim()) ?? [];
  const units = BigInt(`${whole}${fraction.padEnd(4, '0').slice(0, 4)}`);
  return sign === '-' ? -units : units;
}
