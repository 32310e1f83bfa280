/** A level of the 270 or 271 that one person stands on. */
function person(indent: string, letter: string, code: string, level: string, rest: string): string {
  return [
    `2000${letter}#*>: HL=${level}! TRN*9`,
    `  2100${letter}!: NM1=${code}! REF*9 N2 N3 N4 PER*3 AAA*9 PRV DMG INS HI DTP*9 MPI`,
    ...rest.split('\n').map((line) => `  ${line.replaceAll('?', letter)}`),
  ]
    .map((line) => indent + line)
    .join('\n');
}

/** Who pays and who asks: the same in question and answer. */
const heads = `
HEADER: ST! BHT!
  2000A!*>: HL=20! AAA*9
    2100A!: NM1! REF*9 N2 N3 N4 PER*3 AAA*9
    2000B#*>: HL=21! TRN*9 AAA*9
      2100B!: NM1! REF*9 N2 N3 N4 PER*3 AAA*9 PRV
`;

const question = `  2110?*99: EQ! AMT*2 VEH PDR*> PDP*> III*10 REF DTP*9`;

const answer = `  2110?*>: EB! HSD*9 REF*9 DTP*20 AAA*9 VEH PID PDR PDP LIN EM SD1 PKD MSG*10
    2115?*10: III! LS LE
    LS*>: LS!
      2120?*23: NM1! N2 N3 N4 PER*3 PRV
    LE*>: LE!`;

/** Loops of the 270 by the guides 005010X279 and 004010X092. */
export const eligibilityQuestion = `${heads}
${person('      ', 'C', 'IL', '22', question)}
${person('        ', 'D', '03', '23', question)}
`;

/** Loops of the 271. */
export const eligibilityAnswer = `${heads}
${person('      ', 'C', 'IL', '22', answer)}
${person('        ', 'D', '03', '23', answer)}
`;

const claimQuestion = (letter: string, indent: string): string =>
  [`2200${letter}#*>: TRN! REF*9 AMT*2 DTP*3`, `  2210${letter}*>: SVC! REF*2 DTP*2`]
    .map((line) => indent + line)
    .join('\n');

const claimAnswer = (letter: string, indent: string): string =>
  [
    `2200${letter}#*>: TRN! STC!*> REF*9 QTY*4 AMT*4 DTP*3`,
    `  2220${letter}*>: SVC! STC!*> REF*4 DTP*2`,
  ]
    .map((line) => indent + line)
    .join('\n');

/** Loops of the 276 by the guides 005010X212 and 004010X093. */
export const statusQuestion = `
HEADER: ST! BHT!
  2000A!*>: HL=20!
    2100A!*>: NM1=PR! N3 N4 PER
    2000B!*>: HL=21!
      2100B!*>: NM1=41! PER
      2000C!*>: HL=19!
        2100C!*>: NM1=1P!
        2000D!*>: HL=22! DMG
          2100D!: NM1=IL,QC!
${claimQuestion('D', '          ')}
          2000E*>: HL=23! DMG
            2100E!: NM1=QC!
${claimQuestion('E', '            ')}
`;

/** Loops of the 277 by the guides 005010X212 and 004010X093. */
export const statusAnswer = `
HEADER: ST! BHT!
  2000A!*>: HL=20!
    2100A!: NM1=PR! N3 N4 PER
    2000B!*>: HL=21!
      2100B!: NM1=41!
      2200B#: TRN! STC!*>
      2000C*>: HL=19!
        2100C!*2: NM1=1P!
        2200C#: TRN! STC!*>
        2000D*>: HL=22! DMG
          2100D!: NM1=IL,QC!
${claimAnswer('D', '          ')}
          2000E*>: HL=23! DMG
            2100E!: NM1=QC!
${claimAnswer('E', '            ')}
`;

/** Loops of the 277CA by the guide 005010X214: what became of the claims of an 837. */
export const claimAcknowledgement = `
HEADER: ST! BHT!
  2000A!*>: HL=20!
    2100A!: NM1=PR,AY!
    2200A!*>: TRN! DTP*2
    2000B!*>: HL=21!
      2100B!: NM1=41!
      2200B#!: TRN! STC!*> QTY*2 AMT*2
      2000C*>: HL=19!
        2100C!*>: NM1=85!
        2200C#: TRN! STC*> REF*3 QTY*2 AMT*2
        2000D*>: HL=PT!
          2100D!: NM1=QC!
${claimAnswer('D', '          ')}
`;

const authorization = (outer: string): string => `
HEADER: ST! BHT!
  2000A!: HL=20! AAA*9
    2010A!: NM1! REF*9 PER*3 AAA*9
    2000B!: HL=21! AAA*9
      2010B*2: NM1! REF*9 N2 N3 N4 PER*3 AAA*9 PRV
      2000C!: HL=22! TRN*3 AAA*9 UM HCR REF*9 DTP*9 HI
        2010C!*9: NM1! REF*9 N2 N3 N4 PER AAA*9 DMG INS
${outer}
        2000D: HL=23! TRN*3 AAA*9 UM HCR REF*9 DTP*9 HI
          2010D!*9: NM1! REF*9 N2 N3 N4 PER AAA*9 DMG INS
${outer.replaceAll(/^/gm, '  ')}
`;

/** Loops of the 278, request and response, by the guide 005010X217. */
export const servicesReview = authorization(`
        2000E#!*>: HL=EV! TRN*3 AAA*9 UM HCR REF*9 DTP*20 HI*12 HSD CRC*9 CL1 CR1 CR2 CR5 CR6 PWK*10 MSG
          2010E*14: NM1! REF*9 N2 N3 N4 PER*3 AAA*9 PRV DTP
          2000F*>: HL=SS! TRN*3 AAA*9 UM HCR REF*9 DTP*9 HI SV1+SV2+SV3 TOO*32 HSD PWK*10 MSG
            2010F*12: NM1! REF*9 N2 N3 N4 PER*3 AAA*9 PRV
`);

/** Loops of the 278 by the guide 004010X094: a provider of the services above each service. */
export const servicesReview4010 = authorization(`
        2000E#!*>: HL=19! TRN*3 AAA*9 MSG
          2010E*3: NM1! REF*9 N2 N3 N4 PER*3 AAA*9 PRV
          2000F*>: HL=SS! TRN*3 AAA*9 UM HCR REF*9 DTP*20 HI*12 HSD CRC*9 CL1 CR1 CR2 CR5 CR6 PWK*10 MSG
`);
