/**
 * Loops of the 837 by the guides 005010X222 (professional), X223 (institutional) and X224 (dental),
 * and their forerunners 004010X098, X096 and X097. Dates, references, amounts and notes may carry any
 * qualifier: what no rule reads of them is told as unread, not refused.
 */

interface ClaimKind {
  /** What stands in a claim between CLM and its loops. */
  claim: string;
  /** Loops of providers and places that a claim names. */
  claimParties: readonly string[];
  /** The same of what another payer says. */
  otherParties: readonly string[];
  /** LX and what else stands in a service line. */
  line: string;
  lineParties: readonly string[];
  lines: number;
}

const professional: ClaimKind = {
  claim:
    'CLM! DTP*40 CL1 PWK*10 CN1 DSB UR AMT*40 REF*30 K3*10 NTE*20 CR1 CR2 CR3 CR5 CR6 CR8 CRC*100 HI!5*25 QTY*10 HCP',
  claimParties: [
    '2310A*2: NM1=DN,P3! PRV N2 REF*20',
    '2310B: NM1=82! PRV N2 REF*20',
    '2310C: NM1=77,FA,LI,TL! PRV N2 N3!5 N4!5 REF*20 PER',
    '2310D: NM1=DQ! PRV N2 REF*20',
    '2310G: NM1=QB! REF*20',
    '2310E: NM1=PW! N3!5 N4!5',
    '2310F: NM1=45! N3!5 N4!5',
  ],
  otherParties: [
    '2330C*2: NM1=DN,P3! REF*4',
    '2330D: NM1=82! REF*4',
    '2330E: NM1=77,FA,LI,TL! REF*4',
    '2330F: NM1=DQ! REF*4',
    '2330G: NM1=85! REF*4',
    '2330H: NM1=QC,QB! REF*4',
  ],
  line: 'LX! SV1! SV4 SV5 PWK*11 CR1 CR2*5 CR3 CR5 CRC*7 DTP=472!+DTP*20 QTY*5 MEA*20 CN1 REF*30 AMT*15 K3*10 NTE*10 PS1 HSD HCP',
  lineParties: [
    '2420A: NM1=82! PRV N2 REF*20',
    '2420B: NM1=QB! REF*20',
    '2420C: NM1=77,FA,LI,TL! N2 N3!5 N4!5 REF*20',
    '2420D: NM1=DQ! N2 REF*20',
    '2420E: NM1=DK! N2 N3 N4 REF*20 PER',
    '2420F*2: NM1=DN,P3! PRV N2 REF*20',
    '2420I: NM1=PR! N3 N4 REF*20',
    '2420G: NM1=PW! N3!5 N4!5',
    '2420H: NM1=45! N3!5 N4!5',
  ],
  lines: 50,
};

const institutional: ClaimKind = {
  claim:
    'CLM! DTP*40 CL1!5 PWK*10 CN1 AMT*40 REF*30 K3*10 NTE*20 CR5 CR6 CRC*100 HI!5*50 QTY*10 HCP',
  claimParties: [
    '2310A: NM1=71! PRV N2 REF*20',
    '2310B: NM1=72! PRV N2 REF*20',
    '2310C: NM1=ZZ,73! PRV N2 REF*20',
    '2310D: NM1=82! PRV N2 REF*20',
    '2310E: NM1=77,FA! PRV N2 N3!5 N4!5 REF*20',
    '2310F: NM1=DN! PRV REF*20',
  ],
  otherParties: [
    '2330C: NM1=71! REF*4',
    '2330D: NM1=72! REF*4',
    '2330E: NM1=ZZ,73! REF*4',
    '2330F: NM1=77,FA! REF*4',
    '2330G: NM1=82! REF*4',
    '2330H: NM1=DN,QC! REF*4',
    '2330I: NM1=85! REF*4',
  ],
  line: 'LX! SV2! SV4 PWK*11 DTP*20 QTY*5 REF*30 AMT*15 NTE*10 HSD HCP',
  lineParties: [
    '2420A: NM1=72,71! PRV REF*20',
    '2420B: NM1=ZZ,73! PRV REF*20',
    '2420C: NM1=82! PRV REF*20',
    '2420D: NM1=DN! PRV REF*20',
  ],
  lines: 999,
};

const dental: ClaimKind = {
  claim: 'CLM! DTP*40 DN1 DN2*35 PWK*10 CN1 AMT*40 REF*30 K3*10 NTE*20 HI*5 QTY*10 HCP',
  claimParties: [
    '2310A*2: NM1=DN,P3! PRV N2 REF*20',
    '2310B: NM1=82! PRV N2 REF*20',
    '2310C: NM1=77,FA! PRV N2 N3!5 N4!5 REF*20',
    '2310D: NM1=DD! PRV REF*20',
    '2310E: NM1=DQ! PRV REF*20',
  ],
  otherParties: [
    '2330C*2: NM1=DN,P3! REF*4',
    '2330D: NM1=82! REF*4',
    '2330E: NM1=DQ,QC! REF*4',
    '2330F: NM1=85! REF*4',
    '2330G: NM1=77,FA! REF*4',
    '2330H: NM1=DD! REF*4',
  ],
  line: 'LX! SV3! TOO*32 DTP*20 QTY*5 CN1 REF*30 AMT*15 K3*10 NTE*10 HCP',
  lineParties: [
    '2420A: NM1=82! PRV REF*20',
    '2420B: NM1=DD! PRV REF*20',
    '2420C: NM1=DQ! REF*20',
    '2420D: NM1=77,FA! N3!5 N4!5 REF*20',
  ],
  lines: 50,
};

function claimLoop(kind: ClaimKind, indent: string): string {
  return [
    `2300#*100: ${kind.claim}`,
    '  2305*6: CR7! HSD*12',
    ...kind.claimParties.map((line) => `  ${line}`),
    '  2320*10: SBR! CAS*5 AMT*15 DMG OI!5 MIA MOA',
    '    2330A!5: NM1=IL! N2 N3 N4 REF*3',
    '    2330B: NM1=PR! N2 N3 N4 PER*2 DTP REF*6',
    ...kind.otherParties.map((line) => `    ${line}`),
    `  2400!*${kind.lines}: ${kind.line}`,
    '    2410*25: LIN! CTP REF',
    ...kind.lineParties.map((line) => `    ${line}`),
    '    2430*25: SVD! CAS*99 DTP!5*2 AMT',
    '    2440*>: LQ! FRM!*99',
  ]
    .map((line) => indent + line)
    .join('\n');
}

function claimGuide(kind: ClaimKind): string {
  return `
HEADER: ST! BHT! REF*3
  1000A!: NM1=41! N2 PER!*2
  1000B!: NM1=40! N2
  2000A!*>: HL=20! PRV CUR
    2010AA!: NM1=85! N2 N3! N4! REF=EI!5+REF=SY+REF*16 PER*2
    2010AB: NM1=87! N2 N3 N4 REF*8
    2010AC: NM1=PE! N2 N3 N4 REF*8
    2000B!*>: HL=22! SBR! PAT
      2010BA!: NM1=IL! N2 N3 N4 DMG REF*5 PER
      2010BB!: NM1=PR! N2 N3 N4 REF*5
      2010BC: NM1=QD! N2 N3 N4
      2010BD: NM1=AO! REF*2
${claimLoop(kind, '      ')}
      2000C*>: HL=23! PAT!
        2010CA!: NM1=QC! N2 N3! N4! DMG! REF*6 PER
${claimLoop(kind, '        ')}
`;
}

export const professionalClaim = claimGuide(professional);
export const institutionalClaim = claimGuide(institutional);
export const dentalClaim = claimGuide(dental);
