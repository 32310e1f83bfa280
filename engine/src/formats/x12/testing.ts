import { X12Reader } from './reader.ts';
import type { X12ReaderOptions } from './reader.ts';
import type { Transaction, X12Event } from './envelope.ts';
import { placeOf } from './problem.ts';

/** An ISA with the usual delimiters; `^` repeats. */
export const header =
  'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~';

const groups: Readonly<Record<string, string>> = {
  '837': 'HC',
  '835': 'HP',
  '834': 'BE',
  '270': 'HS',
  '271': 'HB',
  '276': 'HR',
  '277': 'HN',
  '278': 'HI',
  '999': 'FA',
};

/** A transaction around its segments, with the right count. */
export function transaction(guide: string, body: readonly string[], control = '0001'): string {
  const [set = '', name = ''] = guide.split(' ');
  const segments = [`ST*${set}*${control}*${name}`, ...body];
  return [...segments, `SE*${segments.length + 1}*${control}`].map((each) => `${each}~`).join('');
}

/** An interchange with one group of transactions. */
export function interchange(guide: string, ...transactions: readonly string[]): string {
  const [set = '', name = ''] = guide.split(' ');
  const begin = `GS*${groups[set]}*SENDER*RECEIVER*20260101*1200*1*X*${name}~`;
  return `${header}${begin}${transactions.join('')}GE*${transactions.length}*1~IEA*1*000000001~`;
}

export const professional = '837 005010X222A1';
export const institutional = '837 005010X223A2';
export const dental = '837 005010X224A2';
export const remittance = '835 005010X221A1';

/** A claim of 100.00 in two lines, for a subscriber who is the patient. */
export const claimLoop = [
  'CLM*CLAIM1*100.00***11:B:1*Y*A*Y*Y',
  'HI*ABK:J45909*ABF:E119',
  'LX*1',
  'SV1*HC:99213:25*60.00*UN*1***1:2',
  'DTP*472*D8*20260102',
  'LX*2',
  'SV1*HC:J1100*40.00*UN*2***1',
  'DTP*472*RD8*20260102-20260103',
];

export const submitter = [
  'BHT*0019*00*BATCH1*20260103*1015*CH',
  'NM1*41*2*BILLING SERVICE*****46*SUB1',
  'PER*IC*OFFICE*TE*5550100',
  'NM1*40*2*PAYER HUB*****46*REC1',
];

export const billingProvider = [
  'HL*1**20*1',
  'PRV*BI*PXC*207Q00000X',
  'NM1*85*2*CLINIC*****XX*1234567893',
  'N3*1 MAIN ST',
  'N4*TOWN*IL*60601',
  'REF*EI*123456789',
];

export const subscriber = [
  'HL*2*1*22*0',
  'SBR*P*18*GRP1******CI',
  'NM1*IL*1*DOE*JO*Q***MI*MEM1',
  'N3*2 SIDE ST',
  'N4*TOWN*IL*60602',
  'DMG*D8*19800102*F',
  'NM1*PR*2*PAYER*****PI*PAY1',
];

/** An 837P that every rule accepts. */
export const claimBody = [...submitter, ...billingProvider, ...subscriber, ...claimLoop];

/** An 835 of one claim of 100.00: 80.00 paid, 5.00 kept back from the provider. */
export const remittanceBody = [
  'BPR*I*75.00*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20260110',
  'TRN*1*TRACE1*1512345678',
  'DTM*405*20260109',
  'N1*PR*PAYER*XV*PAY1',
  'N3*9 PAY ST',
  'N4*TOWN*IL*60603',
  'PER*BL*HELP*TE*5550199',
  'N1*PE*CLINIC*XX*1234567893',
  'LX*1',
  'CLP*CLAIM1*1*100.00*80.00*10.00*12*ICN1*11*1',
  'NM1*QC*1*DOE*JO*Q***MI*MEM1',
  'SVC*HC:99213:25*60.00*50.00**1',
  'DTM*472*20260102',
  'CAS*CO*45*10.00',
  'AMT*B6*50.00',
  'SVC*HC:J1100*40.00*30.00**2',
  'DTM*472*20260102',
  'CAS*PR*1*10.00',
  'PLB*1234567893*20261231*WO:OLD1*5.00',
];

/** Everything that a reader gives of a text, in pieces of `size` bytes. */
export function readAll(
  text: string | Buffer,
  options: X12ReaderOptions = {},
  size = Number.MAX_SAFE_INTEGER,
): X12Event[] {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  const reader = new X12Reader(options);
  const events: X12Event[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    events.push(...reader.push(bytes.subarray(at, at + size)));
  }
  return [...events, ...reader.finish()];
}

export function transactionsOf(events: readonly X12Event[]): Transaction[] {
  return events.flatMap((event) => (event.kind === 'transaction' ? [event.transaction] : []));
}

/** Every problem of a reading as `code place`, refusals with `!` before them. */
export function problemsOf(events: readonly X12Event[]): string[] {
  return events.flatMap((event) => {
    const problems =
      event.kind === 'stray'
        ? [event.problem]
        : event.kind === 'transaction'
          ? event.transaction.problems
          : event.kind === 'group'
            ? event.group.problems
            : event.kind === 'interchange'
              ? event.interchange.problems
              : [];
    return problems.map((each) => `${each.refuses ? '!' : ''}${each.code} ${placeOf(each)}`);
  });
}
