import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { sha256 } from '../../base/digest.ts';
import type { RunReport } from '../../contract/report.ts';
import { evidenceNotice } from '../../contract/words.ts';
import { renderReport } from './html.ts';
import { shownRows } from './page/dataTable.ts';
import { malformed } from './page/testing.ts';
import {
  amberReport,
  failedReport,
  greenReport,
  redReport,
  reportOf,
  streamOf,
  targetOf,
} from './testing.ts';

const reports: Readonly<Record<string, () => RunReport>> = {
  green: greenReport,
  amber: amberReport,
  red: redReport,
  failed: failedReport,
};

const pages = Object.entries(reports).map(([name, make]) => ({ name, page: renderReport(make()) }));

/** What a reader sees: without the head, tags and entities, spaces folded. */
function textOf(page: string): string {
  return page
    .replace(/^.*<body>/s, '')
    .replace(/<(?:code|wbr)[^>]*>|<\/code>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}

describe('the page of a report', () => {
  for (const { name, page } of pages) {
    test(`${name}: is well formed, and every place it refers to is on it`, () => {
      assert.deepEqual(malformed(page), []);
      const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const [, id] of page.matchAll(/(?:href="|url\()#([^")]*)/g)) assert.ok(ids.includes(id));
    });

    test(`${name}: loads nothing and runs nothing`, () => {
      assert.doesNotMatch(page, /https?:|\/\/[a-z]|@import|@font-face|url\((?!#)/i);
      assert.doesNotMatch(page, /<(?:script|link|img|iframe|object|embed|base|form|input)\b/i);
      assert.doesNotMatch(page, /\s(?:src|srcset|style|on[a-z]+)="/i);
    });

    test(`${name}: allows its own style and nothing else`, () => {
      const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
      const policy = `default-src 'none'; style-src 'sha256-${sha256(style).toString('base64')}'; `;
      assert.ok(page.includes(policy.replaceAll("'", '&#39;')));
      assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style>'));
    });

    test(`${name}: has one heading of the page, captions, and heads of rows and columns`, () => {
      assert.equal(page.match(/<h1[ >]/g)?.length, 1);
      const tables = page.match(/<table/g)?.length;
      assert.equal(page.match(/<caption>/g)?.length, tables);
      assert.equal(page.match(/<thead>/g)?.length, tables);
      const scopes = [...page.matchAll(/<th(\s[^>]*)?>/g)];
      for (const [head] of scopes) assert.match(head, / scope="(?:row|col|rowgroup)"/);
    });

    test(`${name}: begins with the notice, then the verdict in a word`, () => {
      const text = textOf(page);
      const word = name === 'failed' ? 'Red' : `${name[0]?.toUpperCase()}${name.slice(1)}`;
      assert.ok(text.startsWith(` ${evidenceNotice}`));
      assert.match(text, new RegExp(`^.{0,250} ${word} `));
      assert.match(page, new RegExp(`<title>${word} · `));
    });
  }

  test('is the same for the same report', () => {
    assert.equal(renderReport(redReport()), renderReport(redReport()));
  });
});

describe('hostile names', () => {
  const hostile = `<b>&"'</b></style><script>\u202E\u0000`;

  test('stay text wherever they stand', () => {
    const page = renderReport(renamed(redReport(), hostile));
    assert.deepEqual(malformed(page), []);
    for (const refused of ['<b>&', '<script', '\u202E', '\u0000']) {
      assert.ok(!page.includes(refused));
    }
    assert.equal(page.match(/<\/style>/g)?.length, 1);
    assert.ok(textOf(page).includes(`<b>&"'</b></style><script>\uFFFD\uFFFD`));
  });

  test('of any kind leave the page well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        assert.deepEqual(malformed(renderReport(renamed(failedReport(), name))), []);
      }),
      { numRuns: 30 },
    );
  });
});

/** The report with every text of it replaced, but for what decides how it is drawn. */
function renamed<Value>(value: Value, name: string, key = ''): Value {
  if (typeof value === 'string') {
    return (['color', 'format', 'state'].includes(key) ? value : name) as Value;
  }
  if (Array.isArray(value)) return value.map((one) => renamed(one, name)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([own, one]) => [own, renamed(one, name, own)]);
  return Object.fromEntries(entries) as Value;
}

const counts = fc.nat({ max: 9_999_999_999 });

/** Equations that the text shows: `mapped 9 + … = read 9`, with how they end. */
function equationsOf(page: string, last: string): { sum: number; sign: string; whole: number }[] {
  const term = String.raw`(?:[a-z]+ )+[\d,]+`;
  const shape = new RegExp(String.raw`(${term}(?: \+ ${term})+) ([=≠]) ${last} ([\d,]+)`, 'g');
  return [...textOf(page).matchAll(shape)].map(([, terms = '', sign = '', whole = '']) => ({
    sum: numbersOf(terms).reduce((sum, number) => sum + number, 0),
    sign,
    whole: numbersOf(whole)[0] ?? Number.NaN,
  }));
}

function numbersOf(text: string): number[] {
  return (text.match(/[\d,]+/g) ?? []).map((digits) => Number(digits.replaceAll(',', '')));
}

describe('the equations', () => {
  const stream = fc.record({ mapped: counts, quarantined: counts, excluded: counts });

  test('tie in the text where the balance ties', () => {
    fc.assert(
      fc.property(fc.array(stream, { minLength: 1, maxLength: 4 }), (all) => {
        const streams = all.map((counted, at) => streamOf(`s${at}`, counted));
        const targets = all.map(({ mapped, excluded }, at) =>
          targetOf(`s${at}`, 'chart', mapped, { merged: excluded, waiting: 1 }),
        );
        const page = renderReport(reportOf({ ...failedReport(), streams, targets }));
        const shown = [...equationsOf(page, 'read'), ...equationsOf(page, 'drafted')];
        assert.equal(shown.length, 2 * (all.length > 1 ? all.length + 1 : 1));
        for (const { sum, sign, whole } of shown) assert.deepEqual([sum, sign], [whole, '=']);
        assert.ok(!page.includes('<tbody class="broken"'));
      }),
      { numRuns: 60 },
    );
  });

  test('say so where it does not, whatever the ledger claims', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 99 }), fc.boolean(), (counted, gap, up) => {
        const whole = streamOf('s', { ...counted, mapped: counted.mapped + gap });
        const read = whole.read + (up ? gap : -gap);
        const page = renderReport(
          reportOf({ ...failedReport(), streams: [{ ...whole, read, balanced: true }] }),
        );
        const equation = { sum: whole.read, sign: '≠', whole: read };
        assert.deepEqual(equationsOf(page, 'read'), [equation]);
        assert.match(page, /<tbody class="broken".*?<rect class="broken" [xy]=/s);
        assert.match(textOf(page), up ? /not accounted for/ : /more than were read/);
      }),
      { numRuns: 60 },
    );
  });

  test('that tie are red beside a recount that does not', () => {
    const text = textOf(renderReport(redReport()));
    assert.match(text, /clinic\.encounters does not balance The recount differs/);
    assert.match(text, /recount mapped ≠ 1,204,375/);
  });
});

describe('what the sections say', () => {
  test('undecided items come first', () => {
    const text = textOf(renderReport(redReport()));
    const places = ['Undecided 2 items', 'Not moved 2 items', 'Archived 1 item', 'Moved 57 items'];
    const found = places.map((words) => text.indexOf(words));
    assert.ok(found.every((place, at) => place > (found[at - 1] ?? 0)));
  });

  test('a long table shows its first rows and folds the rest', () => {
    const page = renderReport(redReport());
    const [section = ''] = /id="exclusions".*?<\/section>/s.exec(page) ?? [];
    const [shown = '', folded = ''] = section.split('<details');
    assert.equal(shown.match(/<th scope="row"/g)?.length, shownRows);
    assert.equal(folded.match(/<th scope="row"/g)?.length, 72 - shownRows);
    assert.match(folded, /Show 22 more rows/);
  });

  test('nothing compared is not the same as nothing found', () => {
    assert.match(textOf(renderReport(failedReport())), /no difference can be ruled out/);
    assert.match(textOf(renderReport(greenReport())), /No difference in 1,715,511 resources/);
    const uncaused = reportOf({ ...redReport(), findings: [] });
    assert.match(textOf(renderReport(uncaused)), /count 34 differences, but no cause/);
  });

  test('run, revisions, causes, paths and stable ids are told in full', () => {
    const report = redReport();
    const text = textOf(renderReport(report));
    const { id, revision, laterRevisions } = report.run;
    for (const told of [id, revision, ...laterRevisions]) assert.ok(text.includes(told));
    for (const { path, code, samples } of report.findings) {
      for (const told of [path, code, ...samples]) assert.ok(text.includes(told), told);
    }
    for (const { what, why } of report.notCompared) {
      assert.ok(text.includes(what) && text.includes(why));
    }
  });
});
