import type { Criterion } from '../../contract/gates.ts';
import type { FindingLine, RunReport } from '../../contract/report.ts';
import type { GateDomain, GatesPlan } from '../plan/gates.ts';
import type { PlanDocument } from '../plan/schema.ts';
import { exceptionsOf } from '../plan/wires.ts';

/** What reviewers said of the newest chart sample of a run. */
export interface SampleState {
  charts: number;
  /** Charts that somebody found safe, on the target's own screen too, and nobody unsafe or unsure. */
  safe: number;
  /** Charts that somebody found not safe. */
  unsafe: number;
}

export interface GateEvidence {
  target: string;
  report: RunReport;
  plan: PlanDocument;
  samples: SampleState | undefined;
  /** Today, `2026-11-27`: agreements that ended before it count for nothing. */
  today: string;
}

/** Domains whose records are compared one by one, all of them, with zero tolerance. */
const strictDomains: Readonly<Record<string, GateDomain>> = {
  Patient: 'identity',
  AllergyIntolerance: 'allergies',
  MedicationRequest: 'medications',
  MedicationStatement: 'medications',
  MedicationAdministration: 'medications',
  MedicationDispense: 'medications',
  Condition: 'problems',
  Account: 'money',
  Claim: 'money',
  ChargeItem: 'money',
  Coverage: 'money',
  Invoice: 'money',
  PaymentReconciliation: 'money',
};

const strict = ['identity', 'allergies', 'medications', 'problems', 'money'] as const;
const measures = ['missing', 'different', 'extra', 'unverifiable'] as const;

/**
 * Everything that must be true before a target is opened to its users, computed from the report of a run
 * (which is drawn up from the ledger alone), the plan, and what reviewers said. Pure.
 */
export function openingCriteria(evidence: GateEvidence): Criterion[] {
  const drawn = [
    ...runCriteria(evidence),
    ...neverWaived(evidence),
    ...strict.flatMap((domain) => strictCriteria(evidence, domain)),
    ...otherGoals(evidence),
    ...heldCriteria(evidence),
    ...sampleCriteria(evidence),
    ...endpointCriteria(evidence),
  ];
  const owners: GatesPlan['owners'] = evidence.plan.gates?.owners ?? {};
  return drawn.map(({ goal = 0, waivable = true, ...rest }) => {
    const owner = owners[rest.domain];
    const met = rest.found <= goal;
    return { ...rest, goal, met, waivable, ...(owner !== undefined && { owner }) };
  });
}

/** A criterion before owner and judgement; nothing is allowed, and the owner may waive, unless it says so. */
interface Drawn extends Pick<Criterion, 'id' | 'words' | 'found' | 'evidence'> {
  domain: GateDomain;
  goal?: number;
  waivable?: boolean;
}

function runCriteria({ report, target }: GateEvidence): Drawn[] {
  const { run, streams, targets, dispositions } = report;
  const own = targets.filter((line) => line.target === target);
  const evidence = `report/${run.id}#streams`;
  const drawn = (measure: string, found: number, words: string): Drawn => ({
    id: `run.${measure}`,
    domain: 'run',
    words,
    found,
    evidence,
    waivable: false,
  });
  const unbalanced = [...streams, ...own].filter(({ balanced }) => !balanced).length;
  const waiting = sum([...streams, ...own].map((line) => line.waiting));
  const unread = sum(own.map(({ loaded, compared }) => Math.max(0, loaded - compared)));
  const undecided = dispositions.filter(({ fate }) => fate === 'undecided').length;
  const state = run.state === 'finished' ? 0 : 1;
  return [
    drawn('unfinished', state, 'the run came to its end'),
    drawn('unbalanced', unbalanced, 'every record is accounted for'),
    drawn('waiting', waiting, 'nothing waits'),
    drawn('unread', unread, 'everything loaded was read back and compared'),
    drawn('undecided', undecided, 'every table and column has a disposition'),
  ];
}

/** A wrong patient, a lost allergy, a lowered label, money that does not tie: nobody may wave these on. */
function neverWaived(evidence: GateEvidence): Drawn[] {
  const { report, target } = evidence;
  const findings = report.findings.filter((line) => line.target === target);
  const count = (test: (line: FindingLine) => boolean): number =>
    sum(findings.filter(test).map((line) => line.count));
  const place = `differences/${report.run.id}`;
  const never = { waivable: false, evidence: place } as const;
  return [
    {
      id: 'identity.wrong-patient',
      domain: 'identity',
      words: 'nothing stands with another patient',
      found: count(isAboutSubject),
      ...never,
    },
    {
      id: 'allergies.lost',
      domain: 'allergies',
      words: 'no allergy is missing or held back',
      found:
        count(({ type, kind }) => type === 'AllergyIntolerance' && kind === 'missing') +
        heldOf(evidence, (type) => type === 'AllergyIntolerance'),
      ...never,
    },
    {
      id: 'labels.lowered',
      domain: 'labels',
      words: 'no confidentiality label was lowered or dropped',
      found: count(({ path }) => /(^|\.)(meta\.security|security)\b/.test(path)),
      ...never,
    },
    {
      id: 'money.untied',
      domain: 'money',
      words: 'the trial balance ties to the last digit',
      found: sum(
        report.trialBalances
          .filter((balance) => balance.target === target)
          .map(
            ({ lines, guarantorsDiffering }) =>
              guarantorsDiffering + lines.filter(({ ties }) => !ties).length,
          ),
      ),
      waivable: false,
      evidence: `report/${report.run.id}#trial-balance`,
    },
  ];
}

function isAboutSubject({ code, path }: FindingLine): boolean {
  return (
    code === 'subject-different' || /\.(subject|patient|beneficiary)(\.reference)?$/.test(path)
  );
}

function strictCriteria(evidence: GateEvidence, domain: GateDomain): Drawn[] {
  const { report, target } = evidence;
  const findings = report.findings.filter(
    (line) => line.target === target && strictDomains[line.type] === domain,
  );
  const words = {
    missing: 'nothing is missing',
    different: 'nothing differs',
    extra: 'nothing is there that the source does not explain',
    unverifiable: 'everything could be compared',
  };
  const compared = measures.map((measure): Drawn => ({
    id: `${domain}.${measure}`,
    domain,
    words: words[measure],
    found: sum(findings.filter(({ kind }) => kind === measure).map(({ count }) => count)),
    evidence: `differences/${report.run.id}`,
  }));
  const found = heldOf(evidence, (type) => strictDomains[type] === domain);
  const place = `held/${report.run.id}`;
  return [
    ...compared,
    { id: `${domain}.held`, domain, words: 'no draft is held back', found, evidence: place },
  ];
}

/** What the plan asks of the other types, in its own numbers. */
function otherGoals({ report, plan }: GateEvidence): Drawn[] {
  const asked = report.goals.filter(({ domain }) => strictDomains[domain] === undefined);
  return asked.map(({ domain: type, measure, goal, found }): Drawn => ({
    id: `other.${type}.${measure}`,
    domain: 'other',
    words: `${type}: ${measure} at most ${goal}, as ${plan.name} asks`,
    goal,
    found,
    evidence: `${measure === 'quarantined' ? 'held' : 'differences'}/${report.run.id}`,
  }));
}

/** Source items that no rule accepted, whatever they would have become. */
function heldCriteria({ report }: GateEvidence): Drawn[] {
  const held = report.held.filter(({ phase }) => phase === 'extract' || phase === 'map');
  return [
    {
      id: 'held.items',
      domain: 'held',
      words: 'no source item is held for review',
      found: sum(held.map(({ count }) => count)),
      evidence: `held/${report.run.id}`,
    },
  ];
}

function sampleCriteria({ plan, report, samples }: GateEvidence): Drawn[] {
  const wanted = plan.gates?.samples?.charts;
  if (wanted === undefined) return [];
  const evidence = `samples/${report.run.id}`;
  const { safe = 0, unsafe = 0 } = samples ?? {};
  return [
    {
      id: 'samples.open',
      domain: 'samples',
      words: `${wanted} charts were reviewed and found safe`,
      found: Math.max(0, wanted - safe),
      evidence,
    },
    {
      id: 'samples.unsafe',
      domain: 'samples',
      words: 'no reviewed chart is unsafe',
      found: unsafe,
      waivable: false,
      evidence,
    },
  ];
}

/** A demonstration holds nobody's data; what anybody works with says whose it is and under what terms. */
function endpointCriteria({ plan, today, report }: GateEvidence): Drawn[] {
  if (plan.purpose === 'demonstration') return [];
  const { sources, targets, receivers, siem } = plan;
  const named = [sources, targets, receivers].flatMap((systems) => Object.values(systems));
  const all = [...named, ...(siem ? [siem] : [])];
  const exceptions = exceptionsOf(plan);
  const ended = exceptions.filter(({ expires }) => expires < today);
  const evidence = `plan/${report.run.revision}`;
  const unnamed = all.filter(
    ({ owner, jurisdiction, agreement }) =>
      owner === undefined ||
      jurisdiction === undefined ||
      agreement === undefined ||
      agreement.expires < today,
  );
  return [
    {
      id: 'endpoints.unnamed',
      domain: 'endpoints',
      words: 'every system names its owner, jurisdiction and an agreement in force',
      found: unnamed.length,
      waivable: false,
      evidence,
    },
    {
      id: 'endpoints.without-tls',
      domain: 'endpoints',
      words: 'every system is reached over verified TLS',
      found: exceptions.length,
      evidence,
    },
    {
      id: 'endpoints.exception-ended',
      domain: 'endpoints',
      words: 'no exception from verified TLS has ended',
      found: ended.length,
      waivable: false,
      evidence,
    },
  ];
}

/** Drafts of some types held at `check` or `load`: their path begins with the type. */
function heldOf({ report, target }: GateEvidence, isWanted: (type: string) => boolean): number {
  const held = report.held.filter(
    (line) => (line.target === '' || line.target === target) && isWanted(typeOf(line.path)),
  );
  return sum(held.map(({ count }) => count));
}

function typeOf(path: string): string {
  return path.split(/[.#]/, 1)[0] ?? '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((whole, one) => whole + one, 0);
}
