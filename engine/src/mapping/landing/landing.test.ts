import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, parseJson, toJson, type JsonObject } from '../../base/json.ts';
import { documentDrafts } from './documentDrafts.ts';
import { listedItem } from './listedItem.ts';

const line = (resource: string): string => {
  const { date, name, value, status, details } = listedItem(parseJson(resource) as JsonObject);
  return [date, name, value, status, details].join(' | ');
};

describe('a line of a document', () => {
  it('has date, name, value and status, with digits, units and codes', () => {
    assert.equal(
      line(`{"resourceType":"Observation","id":"1","status":"final","subject":{"reference":"Patient/1"},
        "code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"HbA1c"}],"text":"HbA1c"},
        "effectiveDateTime":"2024-01-02","valueQuantity":{"value":7.10,"comparator":"<","unit":"%",
        "code":"%","system":"http://unitsofmeasure.org"},"interpretation":[{"coding":[{"code":"H","system":"urn:i"}]}]}`),
      '2024-01-02 | HbA1c (http://loinc.org 4548-4) | < 7.10 % | final | interpretation: H (urn:i)',
    );
  });

  it('has both parts of a blood pressure', () => {
    const part = (name: string, value: string): string =>
      `{"code":{"text":"${name}"},"valueQuantity":{"value":${value},"unit":"mmHg"}}`;
    assert.equal(
      line(`{"resourceType":"Observation","status":"final","code":{"text":"BP"},
        "component":[${part('Systolic', '120')},${part('Diastolic', '80')}]}`),
      ' | BP | Systolic: 120 mmHg; Diastolic: 80 mmHg | final | ',
    );
  });

  it('says what is refuted, in error or not to be done', () => {
    const allergy = `{"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"},"criticality":"high",
      "verificationStatus":{"coding":[{"system":"urn:v","code":"refuted"}]},"recordedDate":"2020-01-01"}`;
    assert.equal(line(allergy), '2020-01-01 | Penicillin |  | refuted | criticality: high');
    const request = `{"resourceType":"MedicationRequest","status":"active","intent":"order","doNotPerform":true,
      "medicationCodeableConcept":{"text":"Warfarin"},"authoredOn":"2019",
      "dosageInstruction":[{"text":"5 mg daily"}]}`;
    assert.equal(
      line(request),
      '2019 | Warfarin |  | active, not to be performed | intent: order; dosage instruction: 5 mg daily',
    );
  });

  it('has every text and number of a resource but whose it is: property', () => {
    const word = fc.stringMatching(/^[a-z]{6,9}$/);
    const digits = fc.integer({ min: 100_000, max: 999_999 });
    const leaf = fc.oneof(word, digits);
    const element = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
        tie('map'),
      ),
      map: fc.dictionary(fc.constantFrom('value', 'system', 'text', 'bodySite', 'x'), tie('any'), {
        minKeys: 1,
      }),
    })).any;
    const names = fc.constantFrom(
      'note',
      'reaction',
      'valueString',
      'onsetDateTime',
      'code',
      'status',
    );
    fc.assert(
      fc.property(fc.dictionary(names, element), (elements) => {
        const resource = toJson({ resourceType: 'Basic', ...elements }) as JsonObject;
        const said = line(canonicalJson(resource));
        for (const [, text] of canonicalJson(toJson(elements)).matchAll(
          /[:[,]"?([a-z]{6,9}|\d{6})"?(?=[\],}])/g,
        )) {
          assert.ok(said.includes(text as string), `${text as string} in ${said}`);
        }
      }),
    );
  });
});

describe('the document of several items', () => {
  const item = (
    id: string,
    date: string,
    patient = 'p',
    note = '',
  ): { type: string; id: string; body: string } => {
    const body = {
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { text: 'x' },
      effectiveDateTime: date,
      subject: { reference: `Patient/${patient}` },
      ...(note && { note: [{ text: note }] }),
    };
    return { type: 'Observation', id, body: canonicalJson(toJson(body)) };
  };
  const make = (items: ReturnType<typeof item>[]) =>
    documentDrafts({ title: 'Results', by: 'patient', records: items.length }, items, (name) =>
      name.replace('#', '-'),
    );

  it('is the same whatever order its items come in', () => {
    const items = [item('b', '2024-01-01'), item('a', '2024-01-01'), item('c', '2025')];
    assert.deepEqual(make(items), make(items.toReversed()));
  });

  it('is of one patient, or none is made', () => {
    assert.deepEqual(make([item('a', '2024'), item('b', '2024', 'q')]), {
      problem: 'landing-subject',
    });
    assert.deepEqual(make([item('a', '2024', 'p', 'n'.repeat(1 << 24))]), {
      problem: 'landing-too-large',
    });
  });

  it('holds no markup but its own, whatever the texts say: property', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (note) => {
        const made = make([item('a', '2024', 'p', note)]);
        assert.ok('drafts' in made);
        const page = (parseJson(made.drafts[1]?.body ?? '') as { data: string }).data;
        const html = Buffer.from(page, 'base64').toString();
        const bare = make([item('a', '2024', 'p', 'n')]);
        assert.ok('drafts' in bare);
        const other = (parseJson(bare.drafts[1]?.body ?? '') as { data: string }).data;
        const tags = (text: string): string[] => text.match(/<[^>]*>/g) ?? [];
        const wanted = tags(Buffer.from(other, 'base64').toString()).filter(
          (tag) => note !== '' || !/<\/?p>/.test(tag),
        );
        assert.deepEqual(
          tags(html).filter((tag) => note !== '' || !/<\/?p>/.test(tag)),
          wanted,
        );
      }),
    );
  });
});
