import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessFindings } from './findings.ts';
import { reachOf } from './reach.ts';
import { assignmentsBy, compareRoles, simulate, type RoleMap } from './simulate.ts';
import { readAccessTables, type AccessTables } from './tables.ts';

/** A table as lines of words. */
const rows = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line, at) => ({ line: at + 1, fields: line.trim().split(',') }));

function hospital(grants = ''): AccessTables {
  const { tables, problems } = readAccessTables(
    {
      principals: rows(`principal,kind,enabled,last_used
        Everyone,everyone,yes,
        nurses,group,yes,
        icu,group,yes,
        ann,person,yes,2026-10-01
        bob,person,yes,2025-01-01
        cem,person,no,2020-01-01
        dee,person,yes,`),
      members: rows('group,member\nnurses,icu\nicu,ann\nnurses,bob\nicu,cem'),
      objects: rows(`object,phi,owner,within
        scans,yes,ann,
        scans/psychiatry,yes,cem,scans
        lobby,no,,
        labs,yes,,`),
      grants: rows(`principal,object,effect
        nurses,scans,allow
        icu,scans/psychiatry,deny${grants}`),
      restrictions: rows('patient,principal,object\n4711,icu,scans\n4712,icu,scans'),
    },
    (patient) => `token of ${patient.length}${patient.at(-1)}`,
  );
  assert.deepEqual(problems, []);
  return tables;
}

const map: RoleMap = {
  give: [{ to: 'nurses', role: 'nurse' }],
  roles: { nurse: ['scans', 'labs'] },
  patientRestrictions: 'carried',
  accepted: [],
};

const reachIn = (tables: AccessTables): string[] =>
  [...reachOf(tables)].map(([person, seen]) => `${person}: ${[...seen.keys()].join(' ')}`);

test('groups of groups let in, what is nearer decides, and a denial outweighs a permission', () => {
  assert.deepEqual(reachIn(hospital()), ['ann: scans', 'bob: scans scans/psychiatry']);
  assert.deepEqual(reachIn(hospital('\nann,scans/psychiatry,allow')), [
    'ann: scans',
    'bob: scans scans/psychiatry',
  ]);
});

test('groups in a circle end', () => {
  const tables = hospital();
  const members = [...tables.members, { group: 'icu', member: 'nurses' }];
  assert.deepEqual(reachIn({ ...tables, members }), ['ann: scans', 'bob: scans']);
});

test('who can reach PHI and should not: everyone, stale and disabled accounts, owners that are gone', () => {
  const tables = hospital('\nEveryone,labs,allow\nghost,labs,allow');
  const found = accessFindings(tables, reachOf(tables), '2026-09-01');
  assert.deepEqual(
    found.map(({ code, about, count }) => `${code} ${about} ${count}`),
    [
      'everyone-sees-phi labs 3',
      'account-stale bob 3',
      'account-disabled-granted cem 1',
      'owner-orphaned scans/psychiatry 1',
      'owner-missing labs 1',
      'principal-unknown ghost 1',
    ],
  );
});

test('a simulation names who would gain and lose what, and who gets nothing', () => {
  const { changes, without } = simulate(hospital(), map);
  assert.deepEqual(
    changes.map(({ kind, object, by, people }) => `${kind} ${object} ${by}: ${people.join(' ')}`),
    ['gains labs nurse: ann bob', 'loses scans/psychiatry nurses: bob'],
  );
  assert.deepEqual(without, ['dee']);
});

test('a gain that somebody answers for is accepted; the same object through another role is not', () => {
  const accepted = [{ role: 'nurse', object: 'labs', owner: 'CMIO', reason: 'care' }];
  const gain = (wish: RoleMap) => simulate(hospital(), wish).changes[0]?.accepted;
  assert.equal(gain({ ...map, accepted }), true);
  assert.equal(gain({ ...map, accepted: [{ ...accepted[0]!, role: 'clerk' }] }), false);
});

test('restrictions on single charts that the new system loses are gains, counted in charts', () => {
  const { changes } = simulate(hospital(), { ...map, patientRestrictions: 'lost' });
  const opened = changes.filter(({ kind }) => kind === 'gains-restricted');
  assert.deepEqual(
    opened.map(({ object, people, charts }) => [object, people, charts]),
    [['scans', ['ann'], 2]],
  );
  assert.ok(!JSON.stringify(changes).includes('4711'));
});

test('the new system against the plan: missing, extra and unknown roles, and people nobody knows', () => {
  const found = new Map([
    ['ann', ['nurse', 'admin']],
    ['eve', ['nurse']],
  ]);
  const differences = compareRoles(assignmentsBy(hospital(), map), found, map.roles);
  assert.deepEqual(
    differences.map(({ kind, role, people }) => `${kind} ${role}: ${people.join(' ')}`),
    [
      'role-unknown admin: ann',
      'role-missing nurse: bob',
      'person-unknown : eve',
      'role-extra nurse: eve',
    ],
  );
});

test('rows that cannot be read are told by table and line, not by what they say', () => {
  const { problems } = readAccessTables(
    { grants: rows('principal,object\na,b,c'), restrictions: rows('patient,principal\n1,b') },
    (patient) => patient,
  );
  assert.deepEqual(problems, [
    { table: 'grants', line: 2, message: 'has 3 fields, not 2' },
    { table: 'restrictions', line: 1, message: 'has no column "object"' },
  ]);
});
