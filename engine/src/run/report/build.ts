import type {
  CauseLine,
  DispositionLine,
  FindingLine,
  GoalLine,
  NotCompared,
  RunReport,
  ScopeLine,
  StreamReport,
  TargetReport,
  TrialBalance,
} from '../../contract/report.ts';
import { codesAsTextOf } from '../../ledger/codesAsText.ts';
import { draftBalances, recordBalances } from '../../ledger/balances.ts';
import { exceptionCauses, type ExceptionCause } from '../../ledger/exceptions.ts';
import { findingCauses } from '../../ledger/findings.ts';
import { recountBatches, type Recount } from '../../ledger/recount.ts';
import { runRevisions, type Run } from '../../ledger/runs.ts';
import {
  dispositionsOf,
  notLoadedOf,
  restartsOf,
  streamsOf,
  unreadOf,
} from '../../ledger/streams.ts';
import { trialBalancesOf, type KeptBalanceLine } from '../../ledger/trialBalance.ts';
import { draftsBalance, recordsBalance } from '../../model/balance.ts';
import type { Queries } from '../../store/session.ts';
import { blindSpots } from '../../verification/blindSpots.ts';
import { lineTies, parseAmount } from '../../verification/trialBalance.ts';
import type { ProjectText } from '../plan/read.ts';
import type { PlanDocument } from '../plan/schema.ts';
import { scopeRules } from '../plan/scope.ts';
import { sideEffectLines } from './sideEffects.ts';
import { domainOwners, exclusionOwners } from './owners.ts';
import { judge } from './verdict.ts';

/** Draw up the report of a run from the ledger alone, on one snapshot. */
export async function buildReport(
  reader: Queries,
  run: Run,
  { document: plan, files }: Pick<ProjectText, 'document' | 'files'>,
): Promise<RunReport> {
  const ownerOf = exclusionOwners(plan, files.mappings);
  const domainOf = domainOwners(plan, files.mappings);
  const recount = await recountBatches(reader, run.id);
  const streams = await streamLines(reader, run.id, recount);
  const targets = await targetLines(reader, run.id, recount);
  const causes = await exceptionCauses(reader, run.id);
  const findings = (await findingCauses(reader, run.id)).map((line): FindingLine => ({
    ...line,
    ...domainOf(line.stream),
  }));
  const dispositions = await dispositionLines(reader, run.id);
  const facts = {
    run: await runLine(reader, run),
    streams,
    targets,
    dispositions,
    scope: scopeLines(plan, recount, causes),
    sideEffects: sideEffectLines(plan),
    exclusions: causes
      .filter(({ kind }) => kind === 'excluded')
      .map((cause) => ({ ...causeLine(cause), owner: ownerOf(cause) })),
    held: causes
      .filter(({ kind }) => kind === 'quarantined')
      .map((cause) => ({ ...causeLine(cause), ...domainOf(cause.stream) })),
    findings,
    unread: (await unreadOf(reader, run.id)).map(({ path, ...line }) => ({
      ...line,
      column: path,
    })),
    notLoaded: await notLoadedOf(reader, run.id),
    codesAsText: await codesAsTextOf(reader, run.id),
    restarts: await restartsOf(reader, run.id),
    notCompared: notCompared(streams, targets),
    goals: goalLines(plan.goals, findings, causes),
    trialBalances: await balanceLines(reader, run.id, plan, targets),
  };
  return { format: 'handover-report/1', project: plan.name, ...facts, verdict: judge(facts) };
}

async function runLine(reader: Queries, run: Run): Promise<RunReport['run']> {
  const later = await runRevisions(reader, run.id);
  return {
    id: run.id,
    state: run.state,
    ...(run.code !== undefined && { code: run.code }),
    strategy: run.strategy,
    revision: run.revision,
    laterRevisions: later.map(({ revision }) => revision).filter((one) => one !== run.revision),
    startedAt: run.startedAt,
    ...(run.endedAt !== undefined && { endedAt: run.endedAt }),
    resumes: run.resumes,
  };
}

async function streamLines(
  reader: Queries,
  run: string,
  recount: Recount,
): Promise<StreamReport[]> {
  const streams = new Map((await streamsOf(reader, run)).map((stream) => [stream.name, stream]));
  return (await recordBalances(reader, run)).map((balance) => {
    const stream = streams.get(balance.stream);
    const counted = recount.records(balance.stream);
    const same =
      counted.read === balance.read &&
      counted.mapped === balance.mapped &&
      counted.quarantined === balance.quarantined &&
      counted.excluded === balance.excluded;
    return {
      ...balance,
      keyed: stream?.keyed ?? false,
      ...(stream?.sourceCount !== undefined && { sourceCount: stream.sourceCount }),
      balanced: recordsBalance(balance) && same,
      recount: counted,
    };
  });
}

async function targetLines(
  reader: Queries,
  run: string,
  recount: Recount,
): Promise<TargetReport[]> {
  return (await draftBalances(reader, run)).map((balance) => ({
    ...balance,
    balanced: draftsBalance(balance),
    ...recount.verification(balance.stream, balance.target),
  }));
}

async function dispositionLines(reader: Queries, run: string): Promise<DispositionLine[]> {
  const dispositions = await dispositionsOf(reader, run);
  return dispositions.map(({ item, ...line }) => ({ ...line, column: item }));
}

function scopeLines(
  { scope }: PlanDocument,
  recount: Recount,
  causes: readonly ExceptionCause[],
): ScopeLine[] {
  const seen = recount.tally('scope ');
  const undated = recount.tally('undated ');
  return scopeRules(scope).flatMap(({ name: rule, since, from, ...decided }) =>
    seen
      .filter(({ name }) => name === rule)
      .map(({ stream, total: records }) => {
        const { domain, lands, owner, approver } = decided;
        const own = causes.filter(
          (cause) =>
            cause.code === 'out-of-scope' && cause.stream === stream && cause.path === rule,
        );
        const excluded = sum(own);
        const without = undated.find((one) => one.stream === stream && one.name === rule);
        return {
          domain,
          rule,
          stream,
          ...(since !== undefined && { since }),
          ...(from !== undefined && { from }),
          lands,
          owner,
          approver,
          records,
          moved: records - excluded,
          excluded,
          undated: without?.total ?? 0,
        };
      }),
  );
}

function causeLine({ stream, target, phase, code, path, count }: ExceptionCause): CauseLine {
  return { stream, target, phase, code, path, count };
}

async function balanceLines(
  reader: Queries,
  run: string,
  { trialBalance }: Pick<PlanDocument, 'trialBalance'>,
  targets: readonly TargetReport[],
): Promise<TrialBalance[]> {
  const apart = (trialBalance?.apart ?? []).flatMap(({ streams, reason, owner }) =>
    streams.map((stream) => ({ stream, reason, owner })),
  );
  const loadedOf = (stream: string, target: string): number =>
    targets.find((one) => one.stream === stream && one.target === target)?.loaded ?? 0;
  return (await trialBalancesOf(reader, run)).map((balance) => ({
    ...balance,
    apart: apart.map((one) => ({ ...one, loaded: loadedOf(one.stream, balance.target) })),
    lines: balance.lines.map((line) => {
      const [legacy = 0n, stays = 0n, held = 0n, target = 0n, printed] = amountsOf(line);
      const ties = lineTies({ legacy, stays, held, target });
      return { ...line, ties, printedTies: printed === undefined || printed === legacy };
    }),
  }));
}

function amountsOf(line: KeptBalanceLine): (bigint | undefined)[] {
  const { legacy, stays, held, target, printed } = line;
  return [legacy, stays, held, target, printed].map((text) =>
    text === undefined ? undefined : parseAmount(text),
  );
}

/** What no comparison looked at, in words for the reader. */
function notCompared(
  streams: readonly StreamReport[],
  targets: readonly TargetReport[],
): NotCompared[] {
  const lines: NotCompared[] = [];
  for (const { stream, keyed } of streams) {
    if (!keyed) lines.push({ what: stream, why: 'It has no key: compared as a multiset only.' });
  }
  for (const { stream, target, loaded, compared, facts, uncoded } of targets) {
    const what = `${stream} at ${target}`;
    if (compared < loaded) {
      lines.push({ what, why: `${loaded - compared} loaded resources were not read back.` });
    }
    if (uncoded > 0) {
      const why = `${uncoded} arrived as words alone: decision support cannot see them.`;
      lines.push({ what: `${what}: codes`, why });
    }
    if (loaded > 0 && facts === 0) {
      lines.push({ what, why: 'No facts were compared: a wrong mapping would not show.' });
    }
  }
  for (const spot of blindSpots) {
    lines.push({
      what: `${spot.verifier}: ${spot.unseen}`,
      why: `Seen instead by: ${spot.instead}`,
    });
  }
  return lines;
}

function goalLines(
  goals: PlanDocument['goals'],
  findings: readonly FindingLine[],
  causes: readonly ExceptionCause[],
): GoalLine[] {
  return Object.entries(goals).flatMap(([domain, measures]) =>
    Object.entries(measures).map(([measure, goal]) => {
      const found =
        measure === 'quarantined'
          ? heldOf(domain, causes)
          : sum(findings.filter((line) => line.type === domain && line.kind === measure));
      return { domain, measure, goal: goal ?? 0, found, met: found <= (goal ?? 0) };
    }),
  );
}

/** Drafts of the type held at `check` or `load`, whose path begins with the type. */
function heldOf(type: string, causes: readonly ExceptionCause[]): number {
  return sum(
    causes.filter(
      ({ kind, path }) => kind === 'quarantined' && (path === type || path.startsWith(`${type}.`)),
    ),
  );
}

function sum(lines: readonly { count: number }[]): number {
  return lines.reduce((total, { count }) => total + count, 0);
}
