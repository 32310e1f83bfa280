import type {
  CauseLine,
  ExclusionLine,
  DispositionLine,
  FindingLine,
  RunReport,
  StreamReport,
  TargetReport,
} from '../../contract/report.ts';
import { blindSpots } from '../../verification/blindSpots.ts';
import { judge } from './verdict.ts';

/** A stream that balances, and whose recount says the same. */
export function streamOf(
  stream: string,
  counts: { mapped: number; quarantined?: number; excluded?: number; waiting?: number },
  changes: Partial<StreamReport> = {},
): StreamReport {
  const { mapped, quarantined = 0, excluded = 0, waiting = 0 } = counts;
  const read = mapped + quarantined + excluded + waiting;
  return {
    stream,
    keyed: true,
    sourceCount: read,
    read,
    mapped,
    quarantined,
    excluded,
    waiting,
    balanced: true,
    recount: { read, mapped, quarantined, excluded },
    ...changes,
  };
}

/** Drafts of a stream at a target, all of what was loaded read back and equal unless told. */
export function targetOf(
  stream: string,
  target: string,
  loaded: number,
  changes: Partial<TargetReport> = {},
): TargetReport {
  const line: TargetReport = {
    stream,
    target,
    drafted: 0,
    loaded,
    merged: 0,
    superseded: 0,
    removed: 0,
    quarantined: 0,
    excluded: 0,
    waiting: 0,
    balanced: true,
    compared: loaded,
    verified: loaded,
    facts: loaded * 4,
    factRecords: loaded,
    missing: 0,
    extra: 0,
    different: 0,
    uncoded: 0,
    unverifiable: 0,
    ...changes,
  };
  const { merged, superseded, removed, quarantined, excluded, waiting } = line;
  const drafted = loaded + merged + superseded + removed + quarantined + excluded + waiting;
  return { ...line, drafted: changes.drafted ?? drafted };
}

type Facts = Omit<RunReport, 'format' | 'project' | 'verdict'>;

/** A report with the verdict that belongs to its facts. */
export function reportOf(facts: Facts): RunReport {
  const verdict = judge(facts);
  return { format: 'handover-report/1', project: 'riverside-to-meridian', ...facts, verdict };
}

const revision = 'b7f1c09a52de4f6683bb01c2d97e5a40f3c8d16e2b9a47750e1fd84c6a3b2591';
const later = '4ce82d017fa94b3ec1586aa09d3370fb25e6419c8d7b50f2a1c3946ed8b57f06';

const run: RunReport['run'] = {
  id: '01kq7z3n4x8hv2cm9twd5rbe6f',
  state: 'finished',
  strategy: 'big-bang',
  revision,
  laterRevisions: [],
  startedAt: '2026-03-14 02:11:09.25331+00',
  endedAt: '2026-03-14 05:23:47.90112+00',
  resumes: 0,
};

const columns = {
  'clinic.providers': 'prov_id npi last_nm first_nm specialty_cd active_yn',
  'clinic.pt_demog':
    'pt_id mrn last_nm first_nm mid_init dob sex_cd addr_1 addr_2 city state_cd zip home_phone ' +
    'cell_phone email race_cd eth_cd lang_cd marital_cd death_dt deleted',
  'clinic.encounters': 'enc_id pt_id prov_id start_ts end_ts type_cd reason_txt status_cd',
  'clinic.allergies': 'alg_id pt_id agent_cd agent_txt reaction_txt severity_cd onset_dt status',
  'clinic.medications': 'med_id pt_id ndc drug_txt dose_txt route_cd start_dt stop_dt prn_yn',
} as const;

function movedColumns(rows: Readonly<Record<string, number>>): DispositionLine[] {
  const moved = { fate: 'moved', reason: '', owner: '', approver: '' };
  return Object.entries(columns).flatMap(([stream, names]) => {
    const populated = rows[stream] ?? 0;
    return ['', ...names.split(' ')].map((column, at) => ({
      ...moved,
      stream,
      column,
      populated: at < 4 ? populated : Math.floor(populated / (at / 3)),
    }));
  });
}

const rows: Readonly<Record<string, number>> = {
  'clinic.providers': 412,
  'clinic.pt_demog': 48_213,
  'clinic.encounters': 1_204_377,
  'clinic.allergies': 61_020,
  'clinic.medications': 318_904,
};

const leftBehind: DispositionLine[] = [
  {
    stream: 'clinic.pt_demog',
    column: 'ssn',
    fate: 'not moved',
    populated: 31_877,
    reason: 'Not needed at the target; the payer asks for the member number instead.',
    owner: 'HIM',
    approver: 'Compliance',
  },
  {
    stream: 'clinic.print_queue',
    column: '',
    fate: 'not moved',
    populated: 1288,
    reason: 'Jobs of printers that stay behind.',
    owner: 'IT operations',
    approver: 'Migration lead',
  },
  {
    stream: 'clinic.audit_1998',
    column: '',
    fate: 'archived',
    populated: 7_312_650,
    reason: 'Legal retention until 2031; nobody reads it in daily work.',
    owner: 'Compliance',
    approver: 'Counsel',
  },
];

function notCompared(...own: RunReport['notCompared']): RunReport['notCompared'] {
  const always = blindSpots.map(({ verifier, unseen, instead }) => ({
    what: `${verifier}: ${unseen}`,
    why: `Seen instead by: ${instead}`,
  }));
  return [...own, ...always];
}

const goals: RunReport['goals'] = ['AllergyIntolerance', 'MedicationRequest'].flatMap((domain) =>
  ['missing', 'different', 'quarantined'].map((measure) => ({
    domain,
    measure,
    goal: measure === 'quarantined' ? 25 : 0,
    found: 0,
    met: true,
  })),
);

/** Everything accounted for, read back and equal. */
export function greenReport(): RunReport {
  return reportOf({
    run,
    trialBalances: [],
    streams: [
      streamOf('clinic.providers', { mapped: 412 }),
      streamOf('clinic.pt_demog', { mapped: 48_006, excluded: 207 }),
      streamOf('clinic.encounters', { mapped: 1_204_377 }),
      streamOf('clinic.allergies', { mapped: 60_988, excluded: 32 }),
      streamOf('clinic.medications', { mapped: 318_904 }),
    ],
    targets: [
      targetOf('clinic.providers', 'chart', 412),
      targetOf('clinic.pt_demog', 'chart', 48_006),
      targetOf('clinic.encounters', 'chart', 1_204_377),
      targetOf('clinic.allergies', 'chart', 60_101, { merged: 887 }),
      targetOf('clinic.medications', 'chart', 402_615),
    ],
    dispositions: [...movedColumns(rows), ...leftBehind],
    scope: [],
    sideEffects: [
      { target: 'chart', effect: 'workflow', asked: 'not asked', by: '' },
      { target: 'chart', effect: 'billing', asked: 'agreed', by: 'support, ticket 4711' },
    ],
    exclusions: [
      { ...cause('clinic.pt_demog', 'map', 'deleted-in-source', '', 207), owner: '' },
      {
        ...cause('clinic.allergies', 'map', 'deleted-in-source', '', 32),
        owner: 'Allergy reviewer',
      },
    ],
    held: [],
    findings: [],
    notLoaded: [],
    unread: [],
    codesAsText: [],
    restarts: [],
    notCompared: notCompared(),
    goals,
  });
}

/** Held items, a stream without a key, things that could not be compared; replays since. */
export function amberReport(): RunReport {
  const green = greenReport();
  return reportOf({
    ...green,
    run: { ...run, resumes: 2, laterRevisions: [later] },
    streams: [
      ...green.streams.slice(0, 3),
      streamOf('clinic.allergies', { mapped: 60_949, quarantined: 39, excluded: 32 }),
      streamOf('clinic.medications', { mapped: 318_902, quarantined: 2 }, { sourceCount: 318_911 }),
      streamOf('clinic.notes_legacy', { mapped: 2140 }, { keyed: false }),
    ],
    targets: [
      ...green.targets.slice(0, 3),
      targetOf('clinic.allergies', 'chart', 60_040, {
        merged: 887,
        superseded: 14,
        quarantined: 8,
      }),
      targetOf('clinic.medications', 'chart', 402_604, {
        removed: 3,
        quarantined: 6,
        excluded: 2,
        compared: 402_591,
        verified: 402_581,
        unverifiable: 10,
      }),
      targetOf('clinic.notes_legacy', 'archive', 2140, { facts: 0, factRecords: 0 }),
    ],
    held: [
      cause('clinic.allergies', 'map', 'code-undeclared', 'agent_cd', 31),
      cause('clinic.allergies', 'map', 'date-unreadable', 'onset_dt', 8),
      cause('clinic.allergies', 'check', 'ait-1', 'AllergyIntolerance', 8, 'chart'),
      cause('clinic.medications', 'load', 'refused', 'MedicationRequest.subject', 6, 'chart'),
      cause('clinic.medications', 'map', 'time-nonexistent', 'start_dt', 2),
    ],
    findings: [
      {
        ...finding('clinic.medications', 'unverifiable', 'unit-lost', 'MedicationRequest', 10),
        verifier: 'facts',
        path: 'dose-quantity',
      },
    ],
    notLoaded: [],
    unread: [
      { stream: 'clinic.medications', column: 'sig_free_txt', populated: 290_118 },
      { stream: 'clinic.encounters', column: 'bed_hist', populated: 14_220 },
    ],
    restarts: [{ stream: 'clinic.encounters', restarts: 1, read: 733_500 }],
    notCompared: notCompared(
      { what: 'clinic.notes_legacy', why: 'It has no key: compared as a multiset only.' },
      {
        what: 'clinic.medications at chart',
        why: '13 loaded resources were not read back.',
      },
    ),
  });
}

/** A broken balance, a recount that differs, differences, unmet goals, items undecided. */
export function redReport(): RunReport {
  const amber = amberReport();
  const [providers, patients, encounters, ...others] = amber.streams as [
    StreamReport,
    StreamReport,
    StreamReport,
  ];
  const [atProviders, atPatients, atEncounters, ...atOthers] = amber.targets as [
    TargetReport,
    TargetReport,
    TargetReport,
  ];
  return reportOf({
    ...amber,
    streams: [
      providers,
      { ...patients, read: patients.read + 4311, balanced: false },
      {
        ...encounters,
        balanced: false,
        recount: { ...encounters.recount, mapped: encounters.mapped - 2 },
      },
      ...others,
    ],
    targets: [
      atProviders,
      { ...atPatients, verified: atPatients.verified - 19, different: 12, missing: 7 },
      { ...atEncounters, drafted: atEncounters.drafted - 5, balanced: false, extra: 5 },
      ...atOthers,
    ],
    dispositions: [
      ...amber.dispositions,
      undecided('clinic.tmp_fix_2019', '', 12),
      undecided('clinic.pt_demog', 'vip_flag', 41),
    ],
    scope: [],
    sideEffects: [],
    exclusions: [...amber.exclusions, ...manyExclusions()],
    findings: [
      finding('clinic.pt_demog', 'different', 'fact-different', 'birth-date', 12, 'Patient'),
      finding('clinic.pt_demog', 'missing', 'delivery-removed', 'Patient', 7),
      { ...finding('', 'extra', 'extra-in-target', 'Encounter', 5), verifier: 'scan' },
      ...amber.findings,
    ],
    goals: amber.goals.map((goal) =>
      goal.measure === 'quarantined' && goal.domain === 'AllergyIntolerance'
        ? { ...goal, found: 39, met: false }
        : goal,
    ),
  });
}

/** Failed in assess: nothing was read, written or compared. */
export function failedReport(): RunReport {
  return reportOf({
    run: {
      ...run,
      state: 'failed',
      code: 'disposition-missing',
      endedAt: '2026-03-14 02:11:12.1+00',
    },
    trialBalances: [],
    streams: [],
    targets: [],
    dispositions: [undecided('clinic.tmp_fix_2019', '', 12), ...movedColumns(rows)],
    scope: [],
    sideEffects: [],
    exclusions: [],
    held: [],
    findings: [],
    notLoaded: [],
    unread: [],
    codesAsText: [],
    restarts: [],
    goals: [],
    notCompared: notCompared(),
  });
}

function undecided(stream: string, column: string, populated: number): DispositionLine {
  return { stream, column, fate: 'undecided', reason: '', owner: '', approver: '', populated };
}

function cause(
  stream: string,
  phase: string,
  code: string,
  path: string,
  count: number,
  target = '',
): CauseLine {
  return { stream, target, phase, code, path, count };
}

function manyExclusions(): ExclusionLine[] {
  return Array.from({ length: 70 }, (_, at) => ({
    ...cause('clinic.encounters', 'map', `retired-department-${at + 1}`, 'dept_cd', 900 - at * 12),
    owner: 'Practice manager',
  }));
}

function finding(
  stream: string,
  kind: string,
  code: string,
  path: string,
  count: number,
  type = path,
): FindingLine {
  const samples = ['a', 'b', 'c'].map((mark) => `hx-${mark}${revision.slice(0, 25)}`);
  const verifier = code.startsWith('fact') ? 'facts' : 'delivery';
  return { target: 'chart', stream, verifier, kind, code, type, path, count, samples };
}
