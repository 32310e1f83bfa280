import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Fact, FactBatch } from '../model/fact.ts';
import type { Stored } from '../model/target.ts';
import { compareFacts } from './facts.ts';
import { ReadBack } from './readBack.ts';

const allergy = {
  resourceType: 'AllergyIntolerance',
  id: 'a1',
  clinicalStatus: coding(
    'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
    'active',
  ),
  code: { ...coding('urn:rx', '7980'), text: 'Penicillin' },
  patient: { reference: 'Patient/p1' },
  onsetDateTime: '1974-12',
};

const said = (concept: string, value: string, system = ''): Fact => ({
  ordinal: 3,
  type: 'AllergyIntolerance',
  id: 'a1',
  subject: 'p1',
  concept,
  value,
  system,
});

const allSaid = [
  said('allergy-clinical-status', 'active'),
  said('allergy-substance', '7980', 'urn:rx'),
  said('allergy-substance-text', ' Penicillin '),
  said('allergy-onset', '1974-12'),
];

const declared = new Map([
  [
    'AllergyIntolerance',
    new Set([...allSaid.map(({ concept }) => concept), 'allergy-verification-status']),
  ],
]);

function coding(system: string, code: string) {
  return { coding: [{ system, code }] };
}

function readBacks(
  ...resources: { resourceType: string; id: string; [element: string]: unknown }[]
): Map<string, ReadBack> {
  return new Map(
    resources.map((resource) => {
      const { resourceType: type, id } = resource;
      const body = Buffer.from(JSON.stringify(resource));
      const stored: Stored = { type, id, state: 'present', version: 1, digest: '', body };
      return [`${type}/${id}`, new ReadBack(stored)];
    }),
  );
}

function batchOf(facts: Fact[], rest: Partial<FactBatch> = {}): FactBatch {
  return { facts, absent: [], unreadable: [], ...rest };
}

function found(batch: FactBatch, held: Map<string, ReadBack>, known = declared): string[] {
  return compareFacts(batch, held, known).map(({ kind, code, path }) => `${kind} ${code} ${path}`);
}

function foundIn(change: object, facts: Fact[] = allSaid): string[] {
  return found(batchOf(facts), readBacks({ ...allergy, ...change }));
}

describe('compareFacts', () => {
  it('R04 says nothing of what agrees', () => assert.deepEqual(foundIn({}), []));

  it('carries type, id, concept and the ordinal of the record, no value', () => {
    const held = readBacks({ ...allergy, onsetDateTime: '1975' });
    assert.deepEqual(compareFacts(batchOf(allSaid), held, declared), [
      {
        verifier: 'facts',
        kind: 'different',
        code: 'fact-different',
        type: 'AllergyIntolerance',
        id: 'a1',
        path: 'allergy-onset',
        ordinal: 3,
      },
    ]);
  });

  const confirmed = coding(
    'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
    'confirmed',
  );
  const cases: readonly [string, object, readonly string[]][] = [
    [
      'wrong patient',
      { patient: { reference: 'Patient/p2' } },
      ['different subject-different subject'],
    ],
    ['no patient', { patient: undefined }, ['missing subject-different subject']],
    ['a fact lost', { onsetDateTime: undefined }, ['missing fact-missing allergy-onset']],
    [
      'a value nobody states, of a declared concept',
      { verificationStatus: confirmed },
      ['extra fact-extra allergy-verification-status'],
    ],
    [
      'another code system',
      { code: { ...allergy.code, ...coding('urn:other', '7980') } },
      ['different fact-system-different allergy-substance'],
    ],
    [
      'precision promoted',
      { onsetDateTime: '1974-12-01' },
      ['different fact-precision-different allergy-onset'],
    ],
    [
      'a doubled coding',
      {
        code: {
          text: 'Penicillin',
          coding: [
            { system: 'urn:rx', code: '7980' },
            { system: 'urn:rx', code: '7980' },
          ],
        },
      },
      ['extra fact-extra allergy-substance'],
    ],
    [
      'a padded code',
      { code: { ...allergy.code, ...coding('urn:rx', '7980 ') } },
      ['different fact-different allergy-substance'],
    ],
    ['a padded text is no difference', { code: { ...allergy.code, text: 'Penicillin  ' } }, []],
  ];
  for (const [name, change, expected] of cases) {
    it(`R27 ${name}`, () => assert.deepEqual(foundIn(change), expected));
  }

  it('status under another system than FHIR binds is no status', () => {
    assert.deepEqual(foundIn({ clinicalStatus: coding('urn:mine', 'active') }), [
      'missing fact-missing allergy-clinical-status',
    ]);
  });

  it('normalisation and digits have codes of their own', () => {
    const patient = { resourceType: 'Patient', id: 'p1', name: [{ family: 'Nun\u0303ez' }] };
    const fact: Fact = { ...said('family', 'Nu\u00f1ez'), type: 'Patient', id: 'p1' };
    assert.deepEqual(found(batchOf([fact]), readBacks(patient)), [
      'different fact-normalisation-different family',
    ]);
  });

  it('the order of given names is part of their meaning, that of phones is not', () => {
    const telecom = ['(312) 555-0101', '555.0102'].map((value) => ({ system: 'phone', value }));
    const patient = { resourceType: 'Patient', id: 'p1', name: [{ given: ['B', 'A'] }], telecom };
    const fact = (concept: string, value: string): Fact => ({
      ...said(concept, value),
      type: 'Patient',
      id: 'p1',
    });
    const facts = [fact('given', 'A'), fact('given', 'B')];
    const phones = [fact('phone', '5550102'), fact('phone', '312-555-0101')];
    assert.deepEqual(found(batchOf([...facts, ...phones]), readBacks(patient)), [
      'different fact-order-different given',
    ]);
  });

  it('decimals compare digit by digit', () => {
    const dosage = [{ doseAndRate: [{ doseQuantity: { value: 0.5, code: 'mg' } }] }];
    const held = readBacks({ resourceType: 'MedicationStatement', id: 'm1', dosage });
    const fact: Fact = {
      ...said('dose-value', '0.50'),
      type: 'MedicationStatement',
      id: 'm1',
      subject: '',
    };
    assert.deepEqual(found(batchOf([fact]), held), ['different fact-digits-different dose-value']);
  });
});

describe('compareFacts: resources there, and not there', () => {
  it('a resource that is gone is missing, once', () => {
    const held = new Map([
      [
        'AllergyIntolerance/a1',
        new ReadBack({ type: 'AllergyIntolerance', id: 'a1', state: 'absent' }),
      ],
    ]);
    assert.deepEqual(found(batchOf(allSaid), held), [
      'missing resource-missing AllergyIntolerance',
    ]);
  });

  it('a resource that was not fetched, or cannot be read, is unverifiable', () => {
    const expected = ['unverifiable could-not-compare AllergyIntolerance'];
    assert.deepEqual(found(batchOf(allSaid), new Map()), expected);
    const stored: Stored = {
      type: 'AllergyIntolerance',
      id: 'a1',
      state: 'present',
      version: 1,
      digest: '',
      body: Buffer.from('{'),
    };
    const held = new Map([['AllergyIntolerance/a1', new ReadBack(stored)]]);
    assert.deepEqual(found(batchOf(allSaid), held), expected);
  });

  it('another resource under the id is different', () => {
    const body = Buffer.from(JSON.stringify({ ...allergy, id: 'a2' }));
    const stored: Stored = {
      type: 'AllergyIntolerance',
      id: 'a1',
      state: 'present',
      version: 1,
      digest: '',
      body,
    };
    const held = new Map([['AllergyIntolerance/a1', new ReadBack(stored)]]);
    assert.deepEqual(found(batchOf(allSaid), held), [
      'different resource-different AllergyIntolerance',
    ]);
  });

  it('what the source says is not there must not be there', () => {
    const absent = [{ ordinal: 0, type: 'AllergyIntolerance', id: 'a1' }];
    assert.deepEqual(found(batchOf([], { absent }), readBacks(allergy)), [
      'extra resource-extra AllergyIntolerance',
    ]);
    const gone = new ReadBack({ type: 'AllergyIntolerance', id: 'a1', state: 'absent' });
    assert.deepEqual(
      found(batchOf([], { absent }), new Map([['AllergyIntolerance/a1', gone]])),
      [],
    );
    assert.equal(found(batchOf([], { absent }), new Map()).length, 1);
  });

  it('a resource of a declared type that no fact explains is extra', () => {
    assert.deepEqual(found(batchOf([]), readBacks(allergy)), [
      'extra no-source-fact AllergyIntolerance',
    ]);
    assert.deepEqual(found(batchOf([]), readBacks(allergy), new Map()), []);
  });
});

describe('compareFacts: declarations that cannot be used are never green', () => {
  it('an unreadable fact is unverifiable where the record points, and its concept is not compared', () => {
    const unreadable = [{ ordinal: 3, concept: 'allergy-onset', code: 'date-unreadable' }];
    const facts = allSaid.filter(({ concept }) => concept !== 'allergy-onset');
    const [finding, ...more] = compareFacts(
      batchOf(facts, { unreadable }),
      readBacks(allergy),
      declared,
    );
    assert.deepEqual(
      [finding?.kind, finding?.code, finding?.id],
      ['unverifiable', 'fact-unreadable', 'a1'],
    );
    assert.deepEqual(more, []);
  });

  it('an unknown concept, a bad form, a system too many or too few', () => {
    const bad = (fact: Fact): string[] =>
      found(
        batchOf([...allSaid.filter(({ concept }) => concept !== fact.concept), fact]),
        readBacks(allergy),
      );
    assert.deepEqual(bad(said('no-such', 'x')), ['unverifiable concept-unknown no-such']);
    assert.deepEqual(bad(said('birth-date', '1974')), ['unverifiable concept-unknown birth-date']);
    const unusable = (concept: string) => [`unverifiable fact-not-canonical ${concept}`];
    assert.deepEqual(bad(said('allergy-onset', '12/03/74')), unusable('allergy-onset'));
    assert.deepEqual(bad(said('allergy-onset', '1974-12', 'x')), unusable('allergy-onset'));
    assert.deepEqual(bad(said('allergy-substance', '7980')), unusable('allergy-substance'));
    assert.deepEqual(bad(said('allergy-substance-text', ' ')), unusable('allergy-substance-text'));
  });
});

describe('compareFacts: properties', () => {
  const values = fc.array(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 5 });

  it('as many findings as the larger side has left over: multisets', () => {
    fc.assert(
      fc.property(values, values, (expected, held) => {
        const address = held.map((city) => ({ city }));
        const facts = expected.map((value): Fact => ({
          ...said('city', value),
          type: 'Patient',
          id: 'p1',
        }));
        const sex: Fact = { ...said('sex', 'male'), type: 'Patient', id: 'p1' };
        const patient = { resourceType: 'Patient', id: 'p1', gender: 'male', address };
        const known = new Map([['Patient', new Set(['city'])]]);
        const findings = found(batchOf([sex, ...facts]), readBacks(patient), known);
        assert.equal(findings.length, Math.max(leftOver(expected, held), leftOver(held, expected)));
      }),
    );
  });
});

function leftOver(items: readonly string[], taken: readonly string[]): number {
  const left = [...items];
  for (const item of taken) if (left.includes(item)) left.splice(left.indexOf(item), 1);
  return left.length;
}

describe('values of numbered elements', () => {
  const claimed = (concept: string, sequence: string, value: string, system = ''): Fact => ({
    ordinal: 0,
    type: 'Claim',
    id: 'c1',
    subject: 'p1',
    concept,
    value,
    system,
    sequence,
  });
  const facts = [
    claimed('claim-line-units', '02', '3'),
    claimed('claim-line-units', '1', '2'),
    claimed('claim-line-amount', '2', '7.50', 'USD'),
    claimed('claim-line-amount', '1', '9.10', 'USD'),
  ];
  const lines: [sequence: number, units: string, amount: string][] = [
    [1, '2', '9.10'],
    [2, '3', '7.50'],
  ];
  const compare = (items: typeof lines): string[] => {
    const item = items.map(([sequence, units, amount]) => {
      return `{"sequence":${sequence},"quantity":{"value":${units}},"net":{"value":${amount},"currency":"USD"}}`;
    });
    const body = `{"resourceType":"Claim","id":"c1","patient":{"reference":"Patient/p1"},"item":[${item.join()}]}`;
    const held = { state: 'present', version: 1, digest: '', body: Buffer.from(body) } as const;
    const back = new ReadBack({ type: 'Claim', id: 'c1', ...held });
    return found(batchOf(facts), new Map([['Claim/c1', back]]), new Map());
  };

  it('agree in any order, whatever zeros a number has before it', () => {
    assert.deepEqual(compare(lines), []);
    assert.deepEqual(compare(lines.toReversed()), []);
  });

  it('are found where they stand with another number, are lost or too many', () => {
    const exchanged = compare([
      [1, '3', '9.10'],
      [2, '2', '7.50'],
    ]);
    const differs = 'different fact-different claim-line-units';
    assert.deepEqual(exchanged, [differs, differs]);
    assert.deepEqual(compare(lines.slice(1)), [
      'missing fact-missing claim-line-units',
      'missing fact-missing claim-line-amount',
    ]);
    assert.deepEqual(compare([...lines, [3, '1', '1']]), [
      'extra fact-extra claim-line-units',
      'extra fact-extra claim-line-amount',
    ]);
    assert.deepEqual(compare([[1, '2', '9.1'], lines[1] as (typeof lines)[0]]), [
      'different fact-digits-different claim-line-amount',
    ]);
  });
});
