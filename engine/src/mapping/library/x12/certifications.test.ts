import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimBody, institutional, professional } from '../../../formats/x12/testing.ts';
import { made } from './testing.ts';

/** Certifications of a claim: what no rule carries is told element by element, and nothing else is lost. */
const certifications: readonly (readonly [segment: string, populated: readonly number[]])[] = [
  ['CR1*LB*150**A*DH*10****WHY', [1, 2, 4, 5, 6, 10]],
  ['CR2*1*2*C2*C3*DA*4*5*A***Y*Y', [1, 2, 3, 4, 5, 6, 7, 8, 11, 12]],
  ['CR3*I*MO*6', [1, 2, 3]],
  ['CR5*I*12*****57*R*A', [1, 2, 7, 8, 9]],
  ['CR6*1*20260101*RD8*20260101-20260201**N*I*I', [1, 2, 3, 4, 6, 7, 8]],
  ['CR8*1*A*20260101*20260102*SERIAL*MODEL*Y*N', [1, 2, 3, 4, 5, 6, 7, 8]],
];

const before = (id: string, segment: string): string[] =>
  claimBody.flatMap((each) => (each.startsWith(id) ? [segment, each] : [each]));

for (const [segment, populated] of certifications) {
  const id = segment.slice(0, 3);
  test(`x12: ${id} of a claim is told, each element that it has`, () => {
    const [unit] = made(professional, before('HI*', segment));
    assert.equal(unit?.refused, undefined);
    const types = unit?.resources.map(({ resourceType: type }) => type);
    assert.ok(types?.includes('Claim'));
    assert.deepEqual(
      unit?.unread.filter((path) => path.includes(`/${id}-`)),
      populated.map((at) => `837P/2300/${id}-${at}`),
    );
  });
}

test('x12: a home health plan (CR7) has a loop of its own behind the diagnoses', () => {
  const at = claimBody.findIndex((each) => each.startsWith('HI*'));
  const [unit] = made(professional, claimBody.toSpliced(at + 1, 0, 'CR7*OT*2*4', 'HSD*VS*1*DA'));
  assert.equal(unit?.refused, undefined);
  assert.deepEqual(
    unit?.unread.filter((path) => path.includes('/2305/')),
    ['CR7-1', 'CR7-2', 'CR7-3', 'HSD-1', 'HSD-2', 'HSD-3'].map((place) => `837P/2305/${place}`),
  );
});

test('x12: a certification that a guide has no place for refuses its transaction, with the place', () => {
  const refusedFor = (guide: string, segment: string): string | undefined =>
    made(guide, before('HI*', segment))[0]?.refused;
  // Enteral therapy went with 4010; an institution certifies no ambulance and no pacemaker.
  assert.match(refusedFor(professional, 'CR4*1*2') ?? '', /^x12-segment-unknown 2300\/CR4@/);
  for (const segment of ['CR1*LB*150', 'CR8*1*A']) {
    const id = segment.slice(0, 3);
    const told = refusedFor(institutional, segment) ?? '';
    assert.match(told, new RegExp(`^x12-segment-unknown 2300/${id}@`));
  }
});
