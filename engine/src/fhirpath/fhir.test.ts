import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson } from '../base/json.ts';
import { compileExpression } from './compile.ts';
import type { EvaluationContext } from './environment.ts';
import { DataIssue, ExpressionError } from './expressionError.ts';
import { textOf, type FhirObject, type Value } from './value.ts';

const patient: FhirObject = {
  resourceType: 'Patient',
  id: 'p1',
  active: true,
  birthDate: '1974-12-25',
  _birthDate: { extension: [{ url: 'urn:time', valueDateTime: '1974-12-25T14:35:45-05:00' }] },
  name: [
    { use: 'official', family: 'Chalmers', given: ['Peter', 'James'] },
    { use: 'usual', given: [null, 'Jim'], _given: [{ id: 'g1' }, null] },
  ],
  deceasedBoolean: false,
  managingOrganization: { reference: '#org' },
  contained: [{ resourceType: 'Organization', id: 'org', name: 'Meridian' }],
  contact: [{ name: { family: 'Kin' } }],
};

const observation = parseJson(`{
  "resourceType": "Observation", "status": "final",
  "valueQuantity": { "value": 1.10, "code": "g", "system": "http://unitsofmeasure.org" },
  "component": [{ "valueString": "a" }, { "valueInteger": 12 }]
}`) as unknown as FhirObject;

function many(text: string, input = patient, context?: EvaluationContext): readonly Value[] {
  const type = String(input['resourceType']);
  const typed = compileExpression(text, { input: { kind: 'fhir', type } });
  const untyped = compileExpression(text, { input: { kind: 'fhir' } });
  const items = typed.many(input, context);
  assert.deepEqual(
    untyped.many(input, context),
    items,
    `${text}, with types known only at run time`,
  );
  return items;
}

function texts(text: string, input = patient, context?: EvaluationContext): unknown[] {
  return many(text, input, context).map((value) => textOf(value) ?? value);
}

function mistake(text: string, type = 'Patient'): ExpressionError {
  try {
    compileExpression(text, { input: { kind: 'fhir', type } });
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  return assert.fail(`${text} compiles`);
}

describe('expressions on FHIR resources', () => {
  it('follow paths, with or without the type before them', () => {
    assert.deepEqual(texts('name.family'), ['Chalmers']);
    assert.deepEqual(texts('Patient.contact.name.family'), ['Kin']);
    assert.deepEqual(texts("name.where(use = 'official').given"), ['Peter', 'James']);
  });

  it('see primitives that have extensions or only an id', () => {
    assert.deepEqual(texts("birthDate.extension('urn:time').value"), ['1974-12-25T14:35:45-05:00']);
    assert.deepEqual(texts('name.given.id'), ['g1']);
    assert.deepEqual(texts('name.given.count()'), ['4']);
    assert.deepEqual(texts('name.given.select(hasValue())'), ['true', 'true', 'false', 'true']);
    assert.deepEqual(texts('name.given'), ['Peter', 'James', 'Jim']);
  });

  it('know which type a choice has', () => {
    assert.deepEqual(texts('deceased is boolean'), ['true']);
    assert.deepEqual(texts('deceased.ofType(dateTime).empty()'), ['true']);
    assert.deepEqual(texts('component.value.ofType(integer)', observation), ['12']);
    assert.deepEqual(texts('component.value.type().name', observation), ['string', 'integer']);
    assert.deepEqual(texts('component.where(value is string).value', observation), ['a']);
  });

  it('keep the digits of numbers of lossless JSON', () => {
    assert.deepEqual(texts('value.value', observation), ['1.10']);
    assert.deepEqual(texts('value.ofType(Quantity).value + 1', observation), ['2.10']);
    assert.deepEqual(texts("value = 1100 'mg'", observation), ['true']);
    assert.deepEqual(texts("value.toQuantity('mg')", observation), ["1100 'mg'"]);
    assert.deepEqual(texts("value.convertsToQuantity('mL')", observation), ['false']);
  });

  it('resolve contained resources, and others through the context', () => {
    assert.deepEqual(texts('managingOrganization.resolve().name'), ['Meridian']);
    const other: FhirObject = { resourceType: 'Practitioner', id: 'd' };
    const resolve = (): FhirObject => other;
    assert.deepEqual(texts("'Practitioner/d'.resolve() is Practitioner", patient, { resolve }), [
      'true',
    ]);
  });

  it('hand codes and profiles to the hooks', () => {
    const memberOf = (coded: unknown): boolean => coded === 'final';
    assert.deepEqual(texts("status.memberOf('urn:set')", observation, { memberOf }), ['true']);
    assert.deepEqual(texts("status.memberOf('urn:set')", observation), []);
    const conformsTo = (): boolean => true;
    assert.deepEqual(texts("conformsTo('urn:profile')", patient, { conformsTo }), ['true']);
  });

  it('take the instant from the context only', () => {
    const now = new Date('2026-02-03T23:30:00Z');
    assert.deepEqual(texts('today()', patient, { now, offsetMinutes: 60 }), ['2026-02-04']);
    assert.throws(() => many('now()'), { code: 'clock-missing' });
  });

  it('trace without changing the result', () => {
    const traced: unknown[] = [];
    const trace = (name: string, items: readonly Value[]): void => void traced.push([name, items]);
    const expression = compileExpression("name.trace('n', use).count()", {
      input: { kind: 'fhir', type: 'Patient' },
    });
    assert.equal(expression.one(patient, { trace }), 2);
    assert.deepEqual(traced, [['n', ['official', 'usual']]]);
  });

  it('check narrative', () => {
    const text = (div: string): FhirObject => ({ resourceType: 'Patient', text: { div } });
    const sound = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/></p></div>';
    assert.deepEqual(texts('text.`div`.htmlChecks()', text(sound)), ['true']);
    for (const bad of ['<div><script>x</script></div>', '<div><p></div>', '<p onclick="x">a</p>']) {
      assert.deepEqual(texts('text.`div`.htmlChecks()', text(bad)), ['false'], bad);
    }
  });

  it('survive resources that are not of the shape they claim', () => {
    const odd: FhirObject = { resourceType: 'Patient', name: { family: ['A'] }, birthDate: null };
    assert.deepEqual(texts('name.family', odd), ['A']);
    assert.deepEqual(texts('birthDate', odd), []);
    assert.deepEqual(texts('contact.name.given', odd), []);
    const twice: FhirObject = { resourceType: 'Patient', birthDate: ['1974', '1975'] };
    assert.throws(() => many('birthDate', twice), DataIssue);
    const unknown: FhirObject = { resourceType: 'Nothing', code: 'x', valueString: 'y' };
    const expression = compileExpression('code | value', { input: { kind: 'fhir' } });
    assert.deepEqual(expression.many(unknown), ['x', 'y']);
    assert.deepEqual(expression.many({}), []);
  });

  it('find mistakes when compiled', () => {
    const cases: [string, string, string | undefined][] = [
      ['name.givn', 'unknown-name', 'given'],
      ['Observation.status', 'unknown-name', undefined],
      ['deceasedBoolean', 'unknown-name', undefined],
      ['name.given.upper().family', 'unknown-name', undefined],
      ['active + 1', 'type-clash', undefined],
      ['name.upper()', 'type-clash', undefined],
      ['birthDate > 1', 'type-clash', undefined],
      ["name.where(use = 'x').ofType(Humanname)", 'unknown-name', 'HumanName'],
      ['%resourc', 'unknown-name', 'resource'],
      ['name[active]', 'type-clash', undefined],
    ];
    for (const [text, code, suggestion] of cases) {
      const error = mistake(text);
      assert.deepEqual([error.code, error.suggestion], [code, suggestion], error.message);
    }
    assert.equal(mistake('id', 'Pateint').suggestion, 'Patient');
  });

  it('forgive unknown names where told', () => {
    const input = { kind: 'fhir', type: 'Patient', lenient: true } as const;
    const expression = compileExpression('name.givn | Observation.code', { input });
    assert.deepEqual(expression.many(patient), []);
  });

  it('refuse places in collections without an order where told', () => {
    const input = { kind: 'fhir', type: 'Patient' } as const;
    const ordered = { input, checkOrder: true };
    assert.throws(() => compileExpression('children().first()', ordered), { code: 'unordered' });
    assert.equal(compileExpression('name.first()', ordered).singleton, true);
  });
});
