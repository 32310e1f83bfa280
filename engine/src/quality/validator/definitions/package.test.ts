import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { loadPackage, PackageError } from './package.ts';
import { Definitions } from './store.ts';
import { tarOf } from './testing.ts';

const manifest = { name: 'guide.example', version: '1.2.0' };
const structure = {
  resourceType: 'StructureDefinition',
  url: 'http://a.example/p',
  version: '1.2.0',
  type: 'Patient',
};

describe('a package of an implementation guide', () => {
  test('its definitions are found by canonical, by version too', () => {
    const definitions = new Definitions();
    const tar = tarOf({
      'package/package.json': manifest,
      'package/StructureDefinition-p.json': structure,
      'package/Patient-x.json': { resourceType: 'Patient' },
      'package/example/StructureDefinition-q.json': { ...structure, url: 'http://a.example/q' },
    });
    assert.deepEqual(loadPackage(gzipSync(tar), definitions), { ...manifest, definitions: 1 });
    for (const found of [
      'http://a.example/p',
      'http://a.example/p|1.2.0',
      'http://a.example/p|1.2',
    ]) {
      assert.equal(definitions.structure(found)?.type, 'Patient', found);
    }
    for (const missing of ['http://a.example/p|1.3.0', 'http://a.example/q']) {
      assert.equal(definitions.structure(missing), undefined, missing);
    }
  });

  test('what is none is refused in words', () => {
    const load = (bytes: Uint8Array): unknown => loadPackage(bytes, new Definitions());
    assert.throws(() => load(Buffer.from('no gzip')), PackageError);
    assert.throws(() => load(gzipSync(tarOf({ 'package/x.json': {} }))), /package\.json/);
    assert.throws(() => load(gzipSync(tarOf({ 'package/x.json': '{' }))), /x\.json is no JSON/);
  });

  test('any bytes in a gzip are a package or refused', () => {
    const whole = tarOf({ 'package/package.json': manifest, 'package/p.json': structure });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, end) => {
        const bytes = Buffer.from(whole.subarray(0, end));
        if (at < end) bytes[at] = byte;
        try {
          loadPackage(gzipSync(bytes, { level: 1 }), new Definitions());
        } catch (error) {
          assert.ok(error instanceof PackageError);
        }
      }),
    );
  });
});
