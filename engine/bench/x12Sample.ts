const header =
  'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*^*00501*000000001*0*T*:~\n';

const padded = (number: number): string => String(number).padStart(9, '0');

function subscriber(at: number): string {
  return [
    `HL*${at + 2}*1*22*0`,
    'SBR*P*18*GROUP1******CI',
    `NM1*IL*1*FAMILY${at % 997}*GIVEN${at % 89}*Q***MI*MEMBER${padded(at)}`,
    'N3*236 N MAIN ST*APARTMENT 9',
    'N4*MIAMI*FL*33413',
    `DMG*D8*19${String(30 + (at % 60))}0501*${at % 2 === 0 ? 'M' : 'F'}`,
    'NM1*PR*2*KEY INSURANCE COMPANY*****PI*999996666',
  ].join('~\n');
}

function claim(at: number): string {
  const lines = [1, 2, 3, 4].map((line) =>
    [
      `LX*${line}`,
      `SV1*HC:9921${line}:25*${10 * line}.50*UN*1***1:2`,
      'DTP*472*D8*20260103',
      `REF*6R*${padded(at)}${line}`,
    ].join('~\n'),
  );
  return [
    `CLM*CLAIM${padded(at)}*102.00***11:B:1*Y*A*Y*Y`,
    `REF*D9*${padded(at)}`,
    'HI*ABK:J45909*ABF:E119*ABF:I10',
    'NM1*82*1*KILDARE*BEN****XX*1999996666',
    'PRV*PE*PXC*204C00000X',
    ...lines,
  ].join('~\n');
}

const batch = 500;

/** An interchange with one 837P, of at least so many bytes, in pieces. */
export function* claimInterchange(bytes: number): Generator<Buffer> {
  const begin = [
    'GS*HC*SENDER*RECEIVER*20260101*1200*1*X*005010X222A1',
    'ST*837*0001*005010X222A1',
    'BHT*0019*00*BATCH1*20260103*1015*CH',
    'NM1*41*2*BILLING SERVICE*****46*SUB1',
    'PER*IC*OFFICE*TE*5550100',
    'NM1*40*2*PAYER HUB*****46*REC1',
    'HL*1**20*1',
    'NM1*85*2*CLINIC*****XX*1234567893',
    'N3*1 MAIN ST',
    'N4*TOWN*IL*60601',
    'REF*EI*123456789',
  ].join('~\n');
  yield Buffer.from(`${header}${begin}~\n`);
  const each = 28;
  let done = 0;
  let claims = 0;
  while (done < bytes) {
    const made = Array.from({ length: batch }, (_, at) => {
      const number = claims + at;
      return `${subscriber(number)}~\n${claim(number)}~\n`;
    });
    claims += batch;
    const piece = Buffer.from(made.join(''));
    done += piece.length;
    yield piece;
  }
  const segments = 10 + each * claims + 1;
  yield Buffer.from(`SE*${segments}*0001~\nGE*1*1~\nIEA*1*000000001~\n`);
}

/** An interchange with one 835 of so many claim payments, each of which ties. */
export function remittanceInterchange(claims: number): Buffer {
  const paid = Array.from({ length: claims }, (_, at) =>
    [
      `CLP*CLAIM${padded(at)}*1*100.00*80.00*10.00*12*ICN${padded(at)}*11*1`,
      `NM1*QC*1*FAMILY${at % 997}*GIVEN${at % 89}****MI*MEMBER${padded(at)}`,
      'SVC*HC:99213:25*60.00*50.00**1',
      'DTM*472*20260102',
      'CAS*CO*45*10.00',
      'AMT*B6*50.00',
      'SVC*HC:J1100*40.00*30.00**2',
      'DTM*472*20260102',
      'CAS*PR*1*10.00',
      'AMT*B6*40.00',
    ].join('~\n'),
  );
  const segments = [
    'ST*835*0001',
    `BPR*I*${claims * 80}.00*C*ACH************20260110`,
    'TRN*1*TRACE1*1512345678',
    'DTM*405*20260109',
    'N1*PR*PAYER*XV*PAY1',
    'N1*PE*CLINIC*XX*1234567893',
    'LX*1',
    ...paid,
  ];
  const count = 7 + claims * 10 + 1;
  const begin = 'GS*HP*SENDER*RECEIVER*20260101*1200*1*X*005010X221A1';
  const all = [begin, ...segments, `SE*${count}*0001`, 'GE*1*1', 'IEA*1*000000001'];
  return Buffer.from(`${header}${all.join('~\n')}~\n`);
}
