/** Loops of the 999 by the guide 005010X231. */
export const implementationAcknowledgement = `
HEADER: ST! AK1!
  2000*>: AK2!
    2100*>: IK3! CTX*10
      2110*>: IK4! CTX*10
    IK5!: IK5!
  AK9!: AK9!
`;

/** Loops of the 997, which 4010 has in place of the 999. */
export const functionalAcknowledgement = `
HEADER: ST! AK1!
  2000*>: AK2!
    2100*>: AK3!
      2110*>: AK4!
    AK5!: AK5!
  AK9!: AK9!
`;
