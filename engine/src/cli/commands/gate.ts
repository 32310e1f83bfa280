import { exitCodes, type ExitCode } from '../../base/errors.ts';
import type { Criterion, GateState } from '../../contract/gates.ts';
import { chooseRun } from '../../run/begin.ts';
import {
  approveGate,
  gatesOf,
  lookAtGate,
  requestGate,
  waiveCriterion,
} from '../../run/gates/gates.ts';
import { readProject } from '../../run/plan/read.ts';
import type { Database } from '../../store/database.ts';
import type { Principal } from '../../contract/access.ts';
import { gateServices } from '../composition.ts';
import { table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { actingAccount, secretLines } from './account.ts';
import { withControl } from './look.ts';

/** `handover gate list` */
export async function gateListCommand(project: Project, output: Output): Promise<ExitCode> {
  const { value } = await readProject(project.folder);
  const targets = Object.keys(value?.document.targets ?? {});
  return withControl(project, async (database) => {
    const services = gateServices(project, database);
    const gates = await gatesOf(services, database, targets);
    output.data({ format: 'handover-gates/1', gates }, () =>
      table(
        ['gate', 'state', 'asked by', 'missing'],
        gates.map(({ gate, state, author, missing }) => [
          gate,
          state,
          author ?? '',
          missing.length,
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** `handover gate show GATE`: exit 4 while it is shut. */
export async function gateShowCommand(
  project: Project,
  output: Output,
  gate: string,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const state = await lookAtGate(gateServices(project, database), database, gate);
    return show(output, state);
  });
}

/** `handover gate request GATE --as NAME` */
export async function gateRequestCommand(
  project: Project,
  output: Output,
  gate: string,
  options: { as: string; run?: string },
): Promise<ExitCode> {
  return acting(project, options.as, async (database, principal) => {
    const run = await chooseRun(database, options.run);
    const services = gateServices(project, database);
    return show(output, await requestGate(services, principal, gate, run.id));
  });
}

/** `handover gate approve GATE --as NAME`: of the evidence as `gate show` printed it. */
export async function gateApproveCommand(
  project: Project,
  output: Output,
  gate: string,
  options: { as: string; evidence: string },
): Promise<ExitCode> {
  return acting(project, options.as, async (database, principal) => {
    const services = gateServices(project, database);
    return show(output, await approveGate(services, principal, gate, options.evidence));
  });
}

/** `handover gate waive GATE CRITERION --as NAME` */
export async function gateWaiveCommand(
  project: Project,
  output: Output,
  gate: string,
  criterion: string,
  options: { as: string; reason: string; expires: string },
): Promise<ExitCode> {
  return acting(project, options.as, async (database, principal) => {
    const { reason, expires } = options;
    const wish = { criterion, reason, expires };
    const services = gateServices(project, database);
    return show(output, await waiveCriterion(services, principal, gate, wish));
  });
}

async function acting(
  project: Project,
  name: string,
  work: (database: Database, principal: Principal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const lines = await secretLines();
  return withControl(project, async (database) =>
    work(database, await actingAccount(project, database, name, lines)),
  );
}

function show(output: Output, state: GateState): ExitCode {
  output.data(state, () => gateLines(state));
  return state.state === 'open' || state.state === 'passed' ? exitCodes.ok : exitCodes.gateNotMet;
}

function gateLines({
  criteria,
  approvals,
  waivers,
  exceptions,
  missing,
  ...gate
}: GateState): string[] {
  const waived = new Set(waivers.filter(({ counts }) => counts).map(({ criterion }) => criterion));
  const word = ({ id, met }: Criterion): string => {
    if (met) return 'met';
    return waived.has(id) ? 'waived' : 'NOT MET';
  };
  return [
    `${gate.gate}: ${gate.state}${gate.run === undefined ? '' : `, on run ${gate.run}`}`,
    ...(gate.author === undefined ? [] : [`asked for by ${gate.author}, ${gate.requestedAt}`]),
    '',
    ...table(
      ['criterion', '', 'found', 'allowed', 'what it says', 'owner'],
      criteria.map((one) => [
        one.id,
        word(one),
        one.found,
        one.goal,
        one.words,
        one.waivable ? (one.owner ?? '') : 'nobody may waive it',
      ]),
    ),
    ...approvals.map(
      ({ approver, approvedAt, counts }) =>
        `approved by ${approver}, ${approvedAt}${counts ? '' : ' (of other evidence: does not count)'}`,
    ),
    ...waivers.map(
      ({ criterion, owner, expiresAt, reason, counts }) =>
        `${criterion} waived by ${owner} until ${expiresAt}${counts ? '' : ' (does not count)'}: ${reason}`,
    ),
    ...exceptions.map(
      ({ system, owner, expires, reason }) =>
        `${system} is reached without verified TLS until ${expires}, ${owner} answers for it: ${reason}`,
    ),
    ...(missing.length === 0 ? [] : ['', 'missing:', ...missing.map((line) => `  ${line}`)]),
    `evidence: ${gate.evidence}`,
  ];
}
