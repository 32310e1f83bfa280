import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { uuid7 } from '../../base/id.ts';
import { systemRandom } from '../../base/random.ts';
import type { AuditAction, AuditEvent } from '../../audit/auditEvent.ts';
import {
  findPacket,
  packetsOf,
  packetState,
  recordPacket,
  recordReview,
  type ChartVerdict,
  type PacketState,
  type SamplePacket,
} from '../../ledger/samples.ts';
import { chooseRun, chooseWholeRun } from '../../run/begin.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { readRevision } from '../../run/revision.ts';
import { boundWords } from '../../run/samples/bound.ts';
import { drawSample } from '../../run/samples/draw.ts';
import {
  chartPairs,
  packetContext,
  packetDigest,
  surveyCharts,
  type ChartPair,
} from '../../run/samples/packet.ts';
import { shownCount, type ShownCount } from '../../privacy/smallCells.ts';
import type { Database } from '../../store/database.ts';
import type { Principal } from '../../contract/access.ts';
import {
  auditLogOf,
  bindPlan,
  connectorServices,
  decisionEvent,
  parcelsOf,
} from '../composition.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { actingAccount, secretLines } from './account.ts';
import { withControl } from './look.ts';

export interface PacketOptions {
  run?: string;
  target?: string;
  seed: string;
  charts: number;
  out: string;
  smallestCell: number;
}

/**
 * `handover samples packet`: draw charts and seal them, old beside new, into one file. It is an export
 * of each chart, and on record as that before the file is written.
 */
export async function samplesPacketCommand(
  project: Project,
  output: Output,
  { seed, charts, out, smallestCell, ...options }: PacketOptions,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseWholeRun(database, options.run);
    const text = await readRevision(database, project.key, run.revision);
    const plan = bindPlan(project, text, 'targets');
    const name = options.target ?? Object.keys(text.document.targets)[0] ?? '';
    const endpoints = openEndpoints(plan, connectorServices(project, database));
    const { signal } = new AbortController();
    try {
      const target = (await endpoints.targets()).get(name);
      if (target === undefined) throw targetUnknown();
      const surveyed = await surveyCharts(target, systemClock.now(), signal);
      const { patients, strata } = drawSample(surveyed, charts, seed);
      const services = { queries: database, parcels: parcelsOf(project, database), target };
      const pairs = await chartPairs(services, run.id, patients, signal);
      const id = uuid7(systemClock, systemRandom);
      const sealed = project.key.seal(Buffer.from(JSON.stringify(pairs)), packetContext(id));
      const audit = auditLogOf(project, database);
      await audit.record(pairs.map(({ patient }) => chartEvent('operator', 'export', patient)));
      const place = resolve(out);
      await writePacket(place, id, sealed);
      const packet: SamplePacket = {
        id,
        run: run.id,
        target: name,
        seed,
        strata,
        madeBy: 'operator',
        population: surveyed.size,
        charts: pairs.length,
        digest: packetDigest(sealed),
      };
      await database.transaction((transaction) =>
        recordPacket(transaction, packet, systemClock.now()),
      );
      const told = shownPacket(packet, smallestCell);
      output.data({ format: 'handover-sample-packet/2', ...told, out: place }, () => [
        `${place}: ${several(pairs.length, 'chart')} of ${counted(surveyed.size)}, seed ${seed}`,
        ...table(
          ['stratum', 'patients', 'drawn'],
          told.strata.map((one) => [one.name, one.patients, one.drawn]),
        ),
      ]);
      return exitCodes.ok;
    } finally {
      await endpoints.close();
    }
  });
}

/** `handover samples show FILE`: one chart, old beside new, once it is on record who looks. */
export async function samplesShowCommand(
  project: Project,
  output: Output,
  file: string,
  options: { chart: number; as: string },
): Promise<ExitCode> {
  return reviewing(project, options.as, async (database, reviewer) => {
    const { packet, pairs } = await openPacket(project, database, file);
    const pair = chartOf(pairs, options.chart);
    const audit = auditLogOf(project, database);
    await audit.record([chartEvent(reviewer.name, 'reveal', pair.patient)]);
    const shown = { format: 'handover-sample-chart/1', packet: packet.id, ...pair };
    output.data(shown, () => [
      `chart ${pair.chart} of ${packet.charts}`,
      '',
      'OLD SYSTEM, as it was read',
      ...pair.source.map(({ stream, text }) => `${stream}: ${text}`),
      '',
      'NEW SYSTEM, as it was read back',
      ...pair.target,
      '',
      'Look at the same chart on the screen of the new system, then `handover samples answer`.',
    ]);
    return exitCodes.ok;
  });
}

/** `handover samples answer FILE`: what a clinician says of one chart; it stands. */
export async function samplesAnswerCommand(
  project: Project,
  output: Output,
  file: string,
  options: { chart: number; as: string; verdict: ChartVerdict; onScreen?: boolean },
): Promise<ExitCode> {
  return reviewing(project, options.as, async (database, reviewer) => {
    const { packet, pairs } = await openPacket(project, database, file);
    const { chart } = chartOf(pairs, options.chart);
    const audit = auditLogOf(project, database);
    await audit.record([decisionEvent(reviewer.name, `Review/${packet.id}`)]);
    const review = {
      packet: packet.id,
      chart,
      reviewer: reviewer.name,
      verdict: options.verdict,
      onScreen: options.onScreen === true,
    };
    const isNew = await database.transaction((transaction) =>
      recordReview(transaction, review, systemClock.now()),
    );
    if (!isNew) throw reviewStands();
    const state = await packetState(database, packet);
    output.data({ format: 'handover-sample-review/1', ...review, state }, () => stateLines(state));
    return exitCodes.ok;
  });
}

/** `handover samples status`: what was reviewed, and the bound that it gives. */
export async function samplesStatusCommand(
  project: Project,
  output: Output,
  options: { run?: string; smallestCell: number },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const packets = await packetsOf(database, run.id);
    const told: { packet: ShownPacket; state: PacketState; bound: string[] }[] = [];
    for (const packet of packets) {
      const state = await packetState(database, packet);
      const shown = shownPacket(packet, options.smallestCell);
      told.push({ packet: shown, state, bound: boundOf(state) });
    }
    output.data({ format: 'handover-samples/2', run: run.id, packets: told }, () =>
      told.flatMap(({ packet, state }) => [
        `packet ${packet.id} of ${packet.target}, seed ${packet.seed}`,
        ...stateLines(state).map((line) => `  ${line}`),
      ]),
    );
    return exitCodes.ok;
  });
}

type ShownPacket = Omit<SamplePacket, 'strata'> & {
  strata: readonly { name: string; patients: ShownCount; drawn: ShownCount }[];
};

/** Few people are pregnant in a small hospital: how many a stratum has is not told of few. */
function shownPacket(packet: SamplePacket, least: number): ShownPacket {
  const strata = packet.strata.map(({ name, patients, drawn }) => ({
    name,
    patients: shownCount(patients, least),
    drawn: shownCount(drawn, least),
  }));
  return { ...packet, strata };
}

function stateLines(state: PacketState): string[] {
  const { charts, reviewed, safe, unsafe, unsure } = state;
  return [
    `${reviewed} of ${charts} charts reviewed: ${safe} safe, ${unsafe} not safe, ${unsure} unsure`,
    ...boundOf(state),
  ];
}

/** Who is unsure has not found it right: it counts as an error, as an unsafe chart does. */
function boundOf({ reviewed, safe, population }: PacketState): string[] {
  return reviewed === 0 ? [] : boundWords(reviewed - safe, reviewed, population);
}

async function reviewing(
  project: Project,
  name: string,
  work: (database: Database, reviewer: Principal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const lines = await secretLines();
  return withControl(project, async (database) => {
    const reviewer = await actingAccount(project, database, name, lines);
    if (!reviewer.roles.includes('clinician')) throw notClinician();
    return work(database, reviewer);
  });
}

const head = 'handover-sample-packet ';

/** The file: a line with the packet's id, then the sealed bytes. */
async function writePacket(place: string, id: string, sealed: Buffer): Promise<void> {
  const bytes = Buffer.concat([Buffer.from(`${head}${id}\n`), sealed]);
  await writeFile(place, bytes, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new HandoverError('file-exists', `${place} exists already and is kept`, {
      exitCode: exitCodes.usage,
      next: 'Choose another name.',
    });
  });
}

async function openPacket(
  project: Project,
  database: Database,
  file: string,
): Promise<{ packet: SamplePacket; pairs: ChartPair[] }> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const end = bytes.indexOf(10);
  const id = bytes.toString('utf8', 0, Math.max(0, end)).slice(head.length);
  const sealed = bytes.subarray(end + 1);
  const packet = /^[0-9a-f-]{36}$/.test(id) ? await findPacket(database, id) : undefined;
  if (packet === undefined || packet.digest !== packetDigest(sealed)) throw packetUnknown(file);
  const text = openedPacket(project, sealed, id).toString('utf8');
  return { packet, pairs: JSON.parse(text) as ChartPair[] };
}

/** It is the packet that was drawn: what does not open was sealed under a key that is gone. */
function openedPacket({ key }: Project, sealed: Buffer, id: string): Buffer {
  try {
    return key.open(sealed, packetContext(id));
  } catch (error) {
    throw new HandoverError('packet-outdated', 'The packet was drawn before the key was rotated.', {
      exitCode: exitCodes.usage,
      next: 'Draw it again with the same seed: `handover samples packet`. Nothing was shown.',
      cause: error,
    });
  }
}

function chartOf(pairs: readonly ChartPair[], chart: number): ChartPair {
  const pair = pairs[chart - 1];
  if (pair !== undefined) return pair;
  throw new HandoverError('chart-unknown', `The packet has no chart ${chart}.`, {
    exitCode: exitCodes.usage,
    next: `Charts are numbered from 1 to ${pairs.length}.`,
  });
}

function chartEvent(actor: string, action: AuditAction, patient: string): AuditEvent {
  return {
    instant: systemClock.now(),
    actor,
    action,
    resourceType: 'Patient',
    resourceIds: [patient],
    patient,
    outcome: 'disclosed',
  };
}

function packetUnknown(file: string): HandoverError {
  return new HandoverError(
    'packet-unknown',
    `${file} is no packet of this project, or was altered`,
    {
      exitCode: exitCodes.integrityBroken,
      next: 'Take the file that `handover samples packet` wrote. Nothing was shown.',
    },
  );
}

function notClinician(): HandoverError {
  return new HandoverError('role-missing', 'Charts are reviewed by clinicians.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'It takes the role clinician.',
  });
}

function reviewStands(): HandoverError {
  return new HandoverError('review-stands', 'You have said something of this chart already.', {
    exitCode: exitCodes.usage,
    next: 'It stands. Another clinician may review it too.',
  });
}

function targetUnknown(): HandoverError {
  return new HandoverError('target-unknown', 'The plan of the run has no such target.', {
    exitCode: exitCodes.usage,
    next: 'Name one with --target NAME.',
  });
}
