import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { writeAcknowledgement } from './acknowledgement.ts';
import type { Group } from './envelope.ts';
import {
  claimBody,
  interchange,
  problemsOf,
  professional,
  readAll,
  transaction,
  transactionsOf,
} from './testing.ts';

const settings = { date: '20260104', time: '0930', control: '77' };

function acknowledge(text: string): string[] {
  const groups: Group[] = [];
  for (const event of readAll(text, { acknowledge: true })) {
    if (event.kind === 'group') groups.push(event.group);
    if (event.kind !== 'interchange') continue;
    const written = writeAcknowledgement(event.interchange, groups, settings);
    // What is written can be read, and nothing is wrong with it.
    assert.deepEqual(problemsOf(readAll(written)), []);
    assert.ok(transactionsOf(readAll(written)).every(({ kind }) => kind === '999'));
    return written.split('~').slice(0, -1);
  }
  return [];
}

/** What the 999 says of the interchange: TA1, and its segments between AK1 and SE. */
function told(text: string): string[] {
  return acknowledge(text).filter((each) => /^(TA1|AK|IK)/.test(each));
}

const good = transaction(professional, claimBody);
const accepted = interchange(professional, good);

const wrong = (from: string, ...to: string[]): string =>
  interchange(
    professional,
    transaction(
      professional,
      claimBody.flatMap((each) => (each.startsWith(from) ? to : [each])),
    ),
  );

const begin = ['AK1*HC*1*005010X222A1', 'AK2*837*0001*005010X222A1'];
const refused = ['IK5*R*5', 'AK9*R*1*1*0'];

interface Case {
  what: string;
  text: string;
  says: readonly string[];
}

const taken = 'TA1*000000001*260101*1200*A*000';

const cases: readonly Case[] = [
  { what: 'all is well', text: accepted, says: [taken, ...begin, 'IK5*A', 'AK9*A*1*1*1'] },
  {
    what: 'a segment nobody knows',
    text: wrong('PRV', 'PR*1'),
    says: [taken, ...begin, 'IK3*PR*7*2000A*6', ...refused],
  },
  {
    what: 'a segment id that is none',
    text: wrong('PRV', 'p!*1'),
    says: [taken, ...begin, 'IK3*ZZZ*7*2000A*1', ...refused],
  },
  {
    what: 'a segment with no place there',
    text: wrong('PRV', 'LX*1'),
    says: [taken, ...begin, 'IK3*LX*7*2000A*2', ...refused],
  },
  {
    what: 'a missing segment',
    text: wrong('N3*1'),
    says: [taken, ...begin, 'IK3*N3*9*2010AA*3', ...refused],
  },
  {
    what: 'a loop too often',
    text: wrong('NM1*PR', 'NM1*PR*2*A*****PI*1', 'NM1*PR*2*B*****PI*2'),
    says: [taken, ...begin, 'IK3*NM1*19*2010BB*4', ...refused],
  },
  {
    what: 'a segment too often',
    text: wrong('REF*EI', 'REF*EI*1', 'REF*EI*2'),
    says: [taken, ...begin, 'IK3*REF*12*2010AA*5', ...refused],
  },
  {
    what: 'a missing loop',
    text: wrong('NM1*PR'),
    says: [taken, ...begin, 'IK3*NM1*18*2010BB*I7', ...refused],
  },
  {
    what: 'a missing element',
    text: wrong('SBR', 'SBR**18'),
    says: [taken, ...begin, 'IK3*SBR*13*2000B*8', 'IK4*1*1138*1', ...refused],
  },
  {
    what: 'a code nobody knows',
    text: wrong('NM1*85', 'NM1*99*2*CLINIC'),
    says: [taken, ...begin, 'IK3*NM1*8*2010AA*8', 'IK4*1*98*7', ...refused],
  },
  {
    what: 'an amount that is none',
    text: wrong('CLM', 'CLM*1*1,00***11:B:1'),
    says: [taken, ...begin, 'IK3*CLM*19*2300*8', 'IK4*2*782*6', ...refused],
  },
  {
    what: 'a count below what came',
    text: accepted.replace('SE*27', 'SE*20'),
    says: [taken, ...begin, 'IK5*E*4', 'AK9*E*1*1*1'],
  },
  {
    what: 'a count above what came',
    text: accepted.replace('SE*27', 'SE*30'),
    says: [taken, ...begin, 'IK5*R*4', 'AK9*R*1*1*0'],
  },
  {
    what: 'another control number',
    text: accepted.replace('SE*27*0001', 'SE*27*9'),
    says: [taken, ...begin, 'IK5*R*3', 'AK9*R*1*1*0'],
  },
  {
    what: 'a missing SE',
    text: accepted.replace('SE*27*0001~', ''),
    says: [taken, ...begin, 'IK5*R*2', 'AK9*R*1*1*0'],
  },
  {
    what: 'a set that nobody reads',
    text: interchange(professional, transaction('850 004010', ['BEG*00'])),
    says: [taken, 'AK1*HC*1*005010X222A1', 'AK2*850*0001*004010', 'IK5*R*1', 'AK9*R*1*1*0'],
  },
  {
    what: 'a group that is cut',
    text: accepted.replace('GE*1*1~', ''),
    says: [taken, ...begin, 'IK5*A', 'AK9*R*1*1*0*3'],
  },
  {
    what: 'a group with another number',
    text: accepted.replace('GE*1*1', 'GE*1*2'),
    says: [taken, ...begin, 'IK5*A', 'AK9*R*1*1*0*4'],
  },
  {
    what: 'a group with a wrong count',
    text: accepted.replace('GE*1*1', 'GE*4*1'),
    says: [taken, ...begin, 'IK5*A', 'AK9*R*4*1*0*5'],
  },
  {
    what: 'an interchange with another number',
    text: accepted.replace('IEA*1*000000001', 'IEA*1*000000002'),
    says: ['TA1*000000001*260101*1200*E*001', ...begin, 'IK5*A', 'AK9*A*1*1*1'],
  },
  {
    what: 'an interchange that is cut',
    text: accepted.replace('IEA*1*000000001~', ''),
    says: ['TA1*000000001*260101*1200*R*023', ...begin, 'IK5*A', 'AK9*A*1*1*1'],
  },
  {
    what: 'an interchange with a wrong count',
    text: accepted.replace('IEA*1', 'IEA*2'),
    says: ['TA1*000000001*260101*1200*R*021', ...begin, 'IK5*A', 'AK9*A*1*1*1'],
  },
];

describe('x12: acknowledgements', () => {
  for (const { what, text, says } of cases) {
    test(`x12: a 999 and TA1 for ${what}`, () => assert.deepEqual(told(text), says));
  }

  test('x12: a group of which one transaction is refused is partly accepted', () => {
    // The last line has no day.
    const bad = transaction(professional, claimBody.slice(0, -1), '0002').replace('SE*26', 'SE*99');
    const lines = told(interchange(professional, good, bad));
    assert.ok(lines.includes('IK5*A') && lines.includes('IK5*R*5*4'));
    assert.equal(lines.at(-1), 'AK9*P*2*2*1');
  });

  test('x12: it goes back to who sent it, and tells no value', () => {
    const lines = acknowledge(wrong('CLM', 'CLM*SECRETNUMBER*1,00***11:B:1'));
    assert.match(
      lines[0] ?? '',
      /\*ZZ\*RECEIVER {7}\*ZZ\*SENDER {9}\*260104\*0930\*\^\*00501\*000000077\*0\*T\*:$/,
    );
    assert.ok(!lines.join('~').includes('SECRETNUMBER'));
  });
});
