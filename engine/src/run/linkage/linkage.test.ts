import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HandoverError } from '../../base/errors.ts';
import { measureLinkageTruth } from '../../../measure/linkageTruth.ts';
import { writePopulation } from '../../../bench/linkagePeople.ts';
import { defaultComparisons } from '../../linkage/comparisons.ts';
import { blocksSql, codesSql } from '../../linkage/records.ts';
import { pairsOfRule, randomPairs } from '../../linkage/scoring.ts';
import { openWorkTables } from '../../query/workTables.ts';
import { decide, scoreWidely, type Decisions } from './decide.ts';
import { evaluate } from './evaluate.ts';
import { explainRecords } from './explain.ts';
import { cluster, estimate, score } from './linkage.ts';
import { prepareLinkage, type LinkageOptions } from './prepare.ts';
import { reportLinkage } from './report.ts';
import { shownReport } from './reportCells.ts';
import { renderLinkageReport } from './reportPage.ts';

const limits: LinkageOptions = { memoryMiB: 1_000, threads: 2 };
let folder = '';
let files = 0;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'linkage-'));
});
after(async () => rm(folder, { recursive: true }));

async function fileOf(lines: readonly string[]): Promise<string> {
  const file = path.join(folder, `people-${files++}.csv`);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** Clusters of two records or more, as lists of record numbers. */
async function duplicates(lines: readonly string[]): Promise<number[][]> {
  const prepared = await prepareLinkage([await fileOf(lines)], limits);
  try {
    const model = await estimate(prepared);
    await score(prepared, model);
    const { clusterOf } = await cluster(prepared, model);
    const records = Array.from({ length: prepared.records }, (_, at) => at);
    const groups = Map.groupBy(records, clusterOf);
    return [...groups.values()].filter(({ length }) => length > 1);
  } finally {
    prepared.tables.close();
  }
}

async function decisionsOn(lines: readonly string[]): Promise<Decisions> {
  const prepared = await prepareLinkage([await fileOf(lines)], { ...limits, charts: {} });
  try {
    const model = await estimate(prepared);
    await scoreWidely(prepared, model);
    return await decide(prepared, model);
  } finally {
    prepared.tables.close();
  }
}

describe('linkage of files', () => {
  test('m and u that records were made with are found within 2 %', async () => {
    const found = await measureLinkageTruth({ people: 4_000 });
    assert.ok(found.length > 10);
    for (const { parameter, error } of found.slice(1)) {
      // A chance of one in thousands is only as exact as what happened to coincide.
      assert.ok(error < (parameter.startsWith('u') ? 0.05 : 0.03), `${parameter}: ${error}`);
    }
  });

  test('people with families, moves and typing errors, without any tuning', async () => {
    const file = path.join(folder, 'population.csv');
    await writePopulation({ records: 2_000, seed: '7', file });
    const prepared = await prepareLinkage([file], { ...limits, truth: { column: 'person' } });
    try {
      const model = await estimate(prepared);
      await score(prepared, model);
      const { precision, recall } = await evaluate(prepared, await cluster(prepared, model));
      assert.ok(precision > 0.97, `precision ${precision}`);
      assert.ok(recall > 0.95, `recall ${recall}`);
    } finally {
      prepared.tables.close();
    }
  });

  test('three records: the two that agree in all are one', async () => {
    const found = await duplicates([
      'first_name,last_name,dob,phone',
      'anna,olsen,1960-02-13,6175550123',
      'anna,olsen,1960-02-13,6175550123',
      'bert,groot,1971-11-02,6175550199',
    ]);
    assert.deepEqual(found, [[0, 1]]);
  });

  test('the waterfall of a pair adds up to the weight it was scored with', async () => {
    const file = path.join(folder, 'waterfall.csv');
    await writePopulation({ records: 1_200, seed: '3', file });
    const prepared = await prepareLinkage([file], { ...limits, truth: { column: 'person' } });
    try {
      const model = await estimate(prepared);
      await score(prepared, model, -20);
      const pairs = await prepared.tables.rows('select l, r, weight from pairs using sample 60');
      assert.equal(pairs.length, 60);
      for (const [left, right, weight] of pairs) {
        const found = await explainRecords(prepared, model, Number(left), Number(right));
        assert.ok(Math.abs(found.weight - Number(weight)) < 0.01, `${found.weight} and ${weight}`);
        assert.notDeepEqual(found.blockedBy, []);
        assert.equal(found.missing.length === 0, found.decision === 'link');
      }
      await assert.rejects(explainRecords(prepared, model, 0, 5_000), { code: 'linkage-record' });
    } finally {
      prepared.tables.close();
    }
  });

  test('names that are all empty link nobody', async () => {
    const lines = Array.from({ length: 200 }, (_, at) => `,,${1_900 + (at % 90)}-01-01`);
    assert.deepEqual(await duplicates(['given,family,dob', ...lines]), []);
  });

  test('a file of no known column is refused with what to do', async () => {
    const file = await fileOf(['colour,size', 'red,3', 'blue,4', 'red,3']);
    await assert.rejects(prepareLinkage([file], limits), (error) => {
      assert.ok(error instanceof HandoverError);
      assert.equal(error.code, 'linkage-columns');
      assert.match(error.next ?? '', /Head the columns/);
      return true;
    });
  });

  test(
    'one name that 50,000 share is skewed: no pair is made of it, and nobody is linked',
    { timeout: 600_000 },
    async () => {
      const lines = Array.from({ length: 50_000 }, (_, at) => {
        const day = new Date(Date.UTC(1930, 0, 1) + ((at * 7) % 33_000) * 86_400_000);
        return `baby,boy,${day.toISOString().slice(0, 10)},${10_000 + (at % 900)}`;
      });
      const prepared = await prepareLinkage(
        [await fileOf(['given_name,family_name,birth_date,postcode', ...lines])],
        limits,
      );
      try {
        const pairs = prepared.rules.reduce((sum, rule) => sum + rule.pairs, 0);
        assert.ok(pairs < 5_000_000, `${pairs} pairs`);
        const model = await estimate(prepared);
        await scoreWidely(prepared, model);
        const { links, review } = await decide(prepared, model);
        assert.deepEqual(links, []);
        assert.ok(review.length < 500, `${review.length} questions`);
      } finally {
        prepared.tables.close();
      }
    },
  );

  test('few records, decided: two that agree in all are linked, a namesake and an empty row are not', async () => {
    const { links, review } = await decisionsOn([
      'mrn,first_name,last_name,dob,phone,ssn',
      '1001,anna,olsen,1960-02-13,6175550123,',
      '1002,anna,olsen,1960-02-13,6175550123,',
      '1003,anna,olsen,1960-02-13,6175550188,',
      '1004,,,,,',
    ]);
    assert.deepEqual(
      links.map(({ left, right }) => [left, right]),
      [[0, 1]],
    );
    assert.deepEqual(
      review.map(({ alarms }) => alarms),
      [['uncorroborated']],
    );
  });

  test('one source without a duplicate: nothing is linked or asked', async () => {
    const names = ['anna', 'bert', 'carla', 'dora', 'emil'];
    const lines = names.map((name, at) => `${name},${name}son,19${60 + at * 7}-0${at + 1}-1${at}`);
    const { links, review } = await decisionsOn(['given,family,dob', ...lines]);
    assert.deepEqual([links, review], [[], []]);
  });

  test('sexes in words and numbers that forms are filled with', async () => {
    const { links } = await decisionsOn([
      'first_name,last_name,dob,sexo,ssn,street,postcode',
      'maria,nowak,1960-02-13,mujer,999-99-9999,1 elm ct,60601',
      'maria,nowak,1960-02-13,F,,1 elm ct,60601',
      'jan,silva,1971-11-02,hombre,999-99-9999,9 oak st,60602',
      'jan,silva,1971-11-02,F,,9 oak st,60602',
    ]);
    assert.deepEqual(
      links.map(({ left, right }) => [left, right]),
      [[0, 1]],
    );
  });

  test('records that both lack a value share no block, and a block that its cost did not know is left out', async () => {
    const tables = await openWorkTables([], limits);
    try {
      await tables.run(`create table records as select *, 0 as source, given as given_sound, email as email_user from (values
        (0, 'a@b.example', 'ann'), (1, 'a@b.example', 'ann'), (2, null, 'ann'), (3, null, null), (4, null, null)) people(id, email, given)`);
      await tables.run(codesSql((column) => column === 'email' || column === 'given'));
      const costed = { pairs: 1, largest: 2, skewed: 0 };
      const rules = [
        { label: 'e-mail', keys: ['email'], ...costed },
        { label: 'given name', keys: ['given'], ...costed },
        { label: 'both', keys: ['given', 'email'], ...costed },
      ];
      for (const statement of blocksSql(rules)) await tables.run(statement);
      const sizes = async (key: string): Promise<unknown> =>
        tables.rows(`select count(*)::double from blocks where ${key} is not null group by ${key}`);
      assert.deepEqual(await sizes('k0'), [[2]]);
      assert.deepEqual(await sizes('k1'), []);
      assert.deepEqual(await sizes('k2'), [[2]]);
    } finally {
      tables.close();
    }
  });

  test('each pair is made once, by the first rule that makes it, whether at once or in parts', async () => {
    const tables = await openWorkTables([], limits);
    try {
      await tables.run(`create table blocks as select range::integer as id, 0 as source,
        (hash(range) % 40)::integer as k0, nullif(hash(range, 1) % 30, 0)::integer as k1 from range(400)`);
      const made = (part?: { by: number; left: number; right: number }): string =>
        [0, 1]
          .map((rule) => pairsOfRule({ rule, linking: false, ...(part && { part }) }))
          .join(' union all ');
      const parts = [0, 1, 2].flatMap((left) =>
        [0, 1, 2].map((right) => made({ by: 3, left, right })),
      );
      const count = async (sql: string): Promise<unknown> =>
        (
          await tables.rows(`select count(*)::double, count(distinct (l, r))::double from (${sql})`)
        )[0];
      const [[expected] = []] = await tables.rows(`select count(*)::double from blocks l
        join blocks r on l.id < r.id where l.k0 = r.k0 or l.k1 = r.k1`);
      assert.ok(Number(expected) > 3_000);
      assert.deepEqual(await count(made()), [expected, expected]);
      assert.deepEqual(await count(parts.join(' union all ')), [expected, expected]);
      for (const sizes of [[400], [150, 250]]) {
        const linking = sizes.length === 2;
        const [[pairs, wrong] = []] = await tables.rows(`select count(*)::double,
          count(*) filter (where l = r or ${linking ? 'l >= 150 or r < 150' : 'r >= 400'})::double
          from (${randomPairs(5_000, { sizes, linking }).replace('source = 0', 'id < 150')})`);
        assert.ok(Math.abs(Number(pairs) - 5_000) < 600, String(pairs));
        assert.equal(wrong, 0);
      }
    } finally {
      tables.close();
    }
  });

  test('what is asked before Damerau-Levenshtein changes no answer of it', async () => {
    const tables = await openWorkTables([], limits);
    try {
      const level = defaultComparisons((column) => column === 'dob')[0]?.levels.find(({ label }) =>
        label.startsWith('one digit off'),
      );
      // Eight digits of three, so that slips, transpositions and repeated digits are all frequent.
      await tables.run(`create table dates as select number,
        array_to_string([(hash(number, place) % 3)::varchar for place in range(8)], '') as dob
        from range(700) numbers(number)`);
      const [[pairs, near, differing] = []] = await tables.rows(`select count(*)::double,
        count(*) filter (where damerau_levenshtein(l.dob, r.dob) <= 1)::double,
        count(*) filter (where (${level?.sql ?? 'null'}) is distinct from
          (l.dob = r.dob or hamming(l.dob, r.dob) <= 2 and damerau_levenshtein(l.dob, r.dob) <= 1))::double
        from dates l join dates r on true`);
      assert.equal(pairs, 490_000);
      assert.ok(Number(near) > 1_500, String(near));
      assert.equal(differing, 0);
    } finally {
      tables.close();
    }
  });

  test('the page of a report has figures and no value', async () => {
    const file = path.join(folder, 'report.csv');
    await writePopulation({ records: 600, seed: '11', file });
    const prepared = await prepareLinkage([file], { ...limits, truth: { column: 'person' } });
    try {
      const report = await reportLinkage(prepared, await estimate(prepared));
      assert.ok(report.persons < report.records && report.persons > 300);
      const [first] = report.duplicatesBefore;
      assert.equal(first?.rate, (report.records - report.persons) / report.records);
      const recalls = report.thresholds.map(({ trueRecall = -1 }) => trueRecall);
      assert.deepEqual(
        recalls,
        recalls.toSorted((a, b) => a - b),
      );
      assert.ok((recalls.at(-1) ?? 0) > 0.9);
      const shown = shownReport(report);
      const page = renderLinkageReport(shown);
      assert.ok(shown.sizes.every(({ persons }) => persons === 0 || Number(persons) >= 11));
      assert.ok(
        shown.reasons.every(({ links }) => typeof links === 'string' || links === 0 || links >= 11),
      );
      assert.deepEqual(
        shownReport(report, 1).reasons,
        report.reasons,
        'all, where all are asked for',
      );
      assert.match(page, /Match weights.*Thresholds.*Blocking/s);
      const values = await prepared.tables.rows('select family, line from records limit 20');
      for (const value of values.flat())
        if (value !== null) assert.ok(!page.includes(String(value)));
    } finally {
      prepared.tables.close();
    }
  });
});
