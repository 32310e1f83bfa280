import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFhirBytes, readFhirText } from './fhirText.ts';
import { modelOf } from './fhirVersions/versions.ts';

function read(text: string): { json: string; issues: string[] } {
  const found = readFhirText(text);
  if ('code' in found) return { json: found.code, issues: [] };
  return {
    json: JSON.stringify(found.resource),
    issues: found.issues.map(({ code, path }) => `${code} ${path}`),
  };
}

const of = (inside: string): string => `<Patient xmlns="http://hl7.org/fhir">${inside}</Patient>`;

describe('FHIR in XML as the JSON it would be', () => {
  const rows: readonly (readonly [what: string, xml: string, json: string, issues?: string[]])[] = [
    [
      'primitives by their types',
      of('<active value="true"/><birthDate value="2020"/><multipleBirthInteger value="2"/>'),
      '{"resourceType":"Patient","active":true,"birthDate":"2020","multipleBirthInteger":2}',
    ],
    [
      'lists',
      of('<name><given value="a"/><given value="b"/></name>'),
      '{"resourceType":"Patient","name":[{"given":["a","b"]}]}',
    ],
    [
      'an extension in a list of primitives',
      of(
        '<name><given value="a"/><given><extension url="u:v"><valueCode value="c"/></extension></given></name>',
      ),
      '{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"url":null}]}]}'.replace(
        '{"url":null}',
        '{"extension":[{"url":"u:v","valueCode":"c"}]}',
      ),
    ],
    [
      'an id beside a value',
      of('<gender id="g" value="male"/>'),
      '{"resourceType":"Patient","gender":"male","_gender":{"id":"g"}}',
    ],
    [
      'a narrative as its text',
      of(
        '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p title="a&amp;b">x &lt; y</p></div></text>',
      ),
      '{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p title=\\"a&amp;b\\">x &lt; y</p></div>"}}',
    ],
    [
      'a contained resource',
      of('<contained><Organization><id value="o"/></Organization></contained>'),
      '{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}]}',
    ],
    [
      'what is of no number stays a text',
      of('<multipleBirthInteger value="two"/>'),
      '{"resourceType":"Patient","multipleBirthInteger":"two"}',
    ],
    [
      'an element that repeats and may not',
      of('<gender value="male"/><gender value="female"/>'),
      '{"resourceType":"Patient","gender":["male","female"]}',
    ],
    ['an unknown element', of('<nmae value="x"/>'), '{"resourceType":"Patient","nmae":"x"}'],
    [
      'an unknown attribute',
      of('<gender value="male" kind="x"/>'),
      '{"resourceType":"Patient","gender":"male"}',
      ['xml-attribute-unknown Patient.gender'],
    ],
    [
      'characters between elements',
      of('x<gender value="male"/>'),
      '{"resourceType":"Patient","gender":"male"}',
      ['xml-text-unexpected Patient'],
    ],
    [
      'elements out of order',
      of('<birthDate value="2020"/><active value="true"/>'),
      '{"resourceType":"Patient","birthDate":"2020","active":true}',
      ['xml-order-wrong Patient.active'],
    ],
    [
      'another namespace',
      '<Patient xmlns="urn:x"/>',
      '{"resourceType":"Patient"}',
      ['xml-namespace-wrong Patient'],
    ],
    ['an entity of its own', '<!DOCTYPE x [<!ENTITY e "x">]><Patient/>', 'xml-doctype'],
    [
      'an unknown element, twice, one of them with more',
      of('<nmae value="x"/><nmae><use value="y"/></nmae>'),
      '{"resourceType":"Patient","nmae":["x",{"use":"y"}]}',
    ],
    [
      'an element that JSON has no name for',
      of('<resourceType value="Group"/>'),
      '{"resourceType":"Patient"}',
      ['xml-element-unknown Patient.resourceType'],
    ],
    [
      'JSON that repeats a key',
      '{"resourceType":"Patient","id":"a","id":"b"}',
      'json-key-repeated',
    ],
    ['JSON that is no object', '[]', 'fhir-no-resource'],
  ];
  for (const [what, xml, json, issues = []] of rows) {
    test(what, () => assert.deepEqual(read(xml), { json, issues }));
  }

  test('of another version by its own types', () => {
    const xml = of(
      '<birthDate value="2020"/><animal><species><text value="x"/></species></animal>',
    );
    const found = readFhirBytes(Buffer.from(xml), modelOf('STU3'));
    assert.ok('resource' in found);
    assert.equal(
      JSON.stringify(found.resource),
      '{"resourceType":"Patient","birthDate":"2020","animal":{"species":{"text":"x"}}}',
    );
    assert.deepEqual(found.issues, []);
  });

  test('a text is read in its own encoding or refused, never changed', () => {
    const named = (bytes: Buffer): unknown => {
      const found = readFhirBytes(bytes);
      return 'code' in found ? found : JSON.stringify(found.resource['gender']);
    };
    const xml = of('<gender value="ä"/>');
    const wide = Buffer.from(`\uFEFF${xml}`, 'utf16le');
    const latin = Buffer.from(`<?xml version="1.0" encoding="iso-8859-1"?>${xml}`, 'latin1');
    assert.equal(named(wide), '"ä"');
    assert.equal(named(wide.swap16()), '"ä"');
    assert.equal(named(latin), '"ä"');
    assert.deepEqual(named(Buffer.from(xml, 'latin1')), {
      code: 'xml-encoding',
      line: 1,
      column: 1,
    });
    const json = '{"resourceType":"Patient",\n"gender":"ä"}';
    assert.equal(named(Buffer.from(`\uFEFF${json}`)), '"ä"');
    const wrong = (line: number): object => ({ code: 'json-encoding', line, column: 1 });
    assert.deepEqual(named(Buffer.from(json, 'latin1')), wrong(2));
    assert.deepEqual(named(Buffer.from(`\uFEFF${json}`, 'utf16le')), wrong(1));
    assert.deepEqual(named(Buffer.from(json, 'utf16le')), wrong(1));
    assert.deepEqual(named(Buffer.from('{"resourceType":"Patient",\n "id":}')), {
      code: 'json-unreadable',
      line: 2,
      column: 7,
    });
  });

  test('numbers keep their digits', () => {
    const found = readFhirText(
      '<Observation xmlns="http://hl7.org/fhir"><valueQuantity><value value="1.10"/></valueQuantity></Observation>',
    );
    assert.ok('resource' in found);
    const { valueQuantity } = found.resource as { valueQuantity?: { value: unknown } };
    assert.equal(String(valueQuantity?.value), '1.10');
  });
});
