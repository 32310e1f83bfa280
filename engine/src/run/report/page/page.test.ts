import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { layOut, type Balance } from '../../../contract/balanceBar.ts';
import { instant, lasting } from './instants.ts';
import { code, count, counted, html } from './markup.ts';
import { darkPalette, lightPalette, type Palette } from '../../../contract/palette.ts';
import { malformed } from './testing.ts';

describe('contrast (WCAG 2.1, 1.4.3 and 1.4.11)', () => {
  for (const [name, palette] of Object.entries({ lightPalette, darkPalette })) {
    const grounds = ['paper', 'greenTint', 'amberTint', 'redTint'] as const;
    test(`${name}: text is read on every ground`, () => {
      for (const text of ['ink', 'soft', 'green', 'amber', 'red'] as const) {
        for (const ground of grounds) atLeast(4.5, palette, text, ground);
      }
    });

    test(`${name}: segments of a bar and signs stand out`, () => {
      const segments = ['moved', 'combined', 'superseded', 'removed', 'held', 'excluded'] as const;
      for (const segment of [...segments, 'waiting', 'red', 'amber', 'green'] as const) {
        atLeast(3, palette, segment, 'paper');
      }
    });
  }
});

function atLeast(least: number, palette: Palette, one: keyof Palette, other: keyof Palette): void {
  const [light = 0, dark = 0] = [luminance(palette[one]), luminance(palette[other])].toSorted(
    (a, b) => b - a,
  );
  const contrast = (light + 0.05) / (dark + 0.05);
  assert.ok(contrast >= least, `${one} on ${other}: ${contrast.toFixed(2)}`);
}

/** Relative luminance, as WCAG 2.1 defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('markup that HTML would forgive is seen', () => {
  assert.deepEqual(malformed('<!doctype html><p class="a">b &amp; c<br /></p>'), []);
  assert.deepEqual(malformed('<p><b></p></b>'), ['end: </p>', 'end: </b>']);
  assert.deepEqual(malformed('<p a="1" a="2"></p>'), ['tag: <p a="1" a="2">', 'end: </p>']);
  assert.deepEqual(malformed('a & b'), ['text: a & b']);
  assert.deepEqual(malformed('<p>'), ['open: p']);
});

describe('a balance bar', () => {
  const sizes = fc.array(fc.nat({ max: 1e12 }), { minLength: 4, maxLength: 4 });

  test('is filled end to end, and what is not nothing is seen', () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 1e6 }), (counts, gap) => {
        const stretches = layOut(balanceOf(counts, gap));
        const shown = [...counts, gap].filter((size) => size > 0).length;
        assert.equal(stretches.length, shown);
        let end = 0;
        for (const { start, width } of stretches) {
          assert.ok(Math.abs(start - end) < 1e-9 && width > 1.4);
          end = start + width;
        }
        assert.ok(shown === 0 || Math.abs(end - 100) < 1e-9);
      }),
    );
  });

  test('keeps the order of sizes', () => {
    const [mapped, held] = layOut(balanceOf([900, 100, 0, 0], 0));
    assert.deepEqual([mapped?.width, held?.width], [90, 10]);
  });
});

function balanceOf(counts: readonly number[], gap: number): Balance {
  const segments = ['moved', 'held', 'excluded', 'waiting'] as const;
  const terms = segments.map((segment, at) => ({ segment, word: segment, count: counts[at] ?? 0 }));
  const whole = { word: 'read', count: counts.reduce((sum, size) => sum + size, gap) };
  return { terms, whole, balanced: gap === 0 };
}

describe('words and numbers', () => {
  test('numbers are set in groups of three', () => {
    const shown = ['0', '999', '1,000', '1,234,567', '\u22124,311', '9,007,199,254,740,991'];
    const numbers = [0, 999, 1000, 1_234_567, -4311, Number.MAX_SAFE_INTEGER];
    assert.deepEqual(numbers.map(count), shown);
    assert.deepEqual([counted(1, 'row'), counted(2000, 'row')], ['1 row', '2,000 rows']);
  });

  test('a template escapes what it is given and keeps what it made', () => {
    const inner = html`<b>${'a & b'}</b>`;
    assert.equal(
      html`<p>${inner}${undefined}${['<', '"']}</p>`.markup,
      '<p><b>a &amp; b</b>&lt;&quot;</p>',
    );
    assert.equal(code('clinic.pt_demog').markup, '<code>clinic.<wbr />pt_<wbr />demog</code>');
  });

  test('instants of PostgreSQL and ISO 8601 are shown in UTC', () => {
    assert.equal(instant('2026-03-14 02:11:09.25331+00'), '14 March 2026, 02:11 UTC');
    assert.equal(instant('2026-03-14 02:11:09-05:30'), '14 March 2026, 07:41 UTC');
    assert.equal(instant('2026-03-14T23:59:59Z'), '14 March 2026, 23:59 UTC');
    assert.equal(instant('yesterday'), 'yesterday');
  });

  test('a duration is told in its two largest units', () => {
    const from = '2026-03-14 02:11:09+00';
    assert.equal(lasting(from, '2026-03-14 05:23:47+00'), '3 h 12 min');
    assert.equal(lasting(from, '2026-03-16 02:12:10+00'), '2 d');
    assert.equal(lasting(from, '2026-03-14 02:11:12+00'), '3 s');
    assert.equal(lasting(from, from), '0 s');
    assert.equal(lasting(from, '2026-03-13 02:11:12+00'), undefined);
  });
});
