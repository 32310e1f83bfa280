import { HandoverError, type FailureClass } from '../base/errors.ts';
import type { DurableContext, DurableEngine, Outcome } from '../durable/engine.ts';
import { token, type Token } from '../durable/storable.ts';
import { phases as allPhases, type Phase } from '../model/phase.ts';
import type { StopSignal, WorkEnd } from './phases/work.ts';

/** A slice as workflows name it: no key range, no cursor, no value. */
export interface SliceName {
  target: string;
  stream: string;
  slice: string;
}

/** A run under a plan revision: the one it is pinned to, or the one a replay works under. */
export interface RunName {
  run: string;
  revision: string;
}

/** What the two workflows do, behind one seam; everything true is in the ledger. */
export interface RunDesk {
  /** Phases this coordinator walks, in order: one, or (`all`) every one. */
  phases(only: string): Promise<Phase[]>;
  /**
   * Enter the slices of a phase and say which are not done, in groups: a group begins when the one
   * before it has ended (a stream is loaded after the streams it refers to). None: the phase is done.
   * `recalled`: records went back to the start of their road, and so do the phases.
   */
  plan(run: RunName, phase: Phase): Promise<SliceName[][] | 'recalled'>;
  work(run: RunName, phase: Phase, slice: SliceName, stop: StopSignal): Promise<WorkEnd | 'held'>;
  /** The run ended: note it, with the reason where it did not finish. */
  end(run: string, end: RunEnd): Promise<void>;
}

export interface RunEnd {
  state: 'finished' | 'paused' | 'failed';
  /** Why it did not finish; `none` when it did. */
  code: string;
}

// What the engine stores: types and not interfaces, so that an index signature is implied.
type StoredEnd = { state: Token; code: Token };
type StoredRun = { run: Token; revision: Token };
export type RunInput = StoredRun & { only: Token };
type StoredSlice = { target: Token; stream: Token; slice: Token };
type SliceInput = StoredSlice & StoredRun & { phase: Token };
type Planned = { groups: StoredSlice[][]; end: StoredEnd | null; recalled: boolean };

export const runWorkflow = 'run';
const sliceWorkflow = 'slice';

/**
 * The two workflows of a run. The coordinator walks the phases and starts a slice workflow for every
 * slice; a slice workflow is a thin loop over stretches of batches. Both can be run again from the
 * top at any time, because the ledger alone says what is done. `report` is told what kept a phase
 * from being planned, before it is reduced to its code.
 */
export function registerWorkflows(
  engine: DurableEngine,
  desk: RunDesk,
  draining: () => boolean,
  report: (error: unknown) => void = () => undefined,
): void {
  const reporting = reportingDesk(desk, report);
  engine.register<RunInput, StoredEnd>(runWorkflow, 'coordinator', (context, input) =>
    coordinate(context, reporting, input),
  );
  engine.register<SliceInput, Token>(sliceWorkflow, 'slice', (context, input) =>
    workSlice(context, desk, input, draining),
  );
}

function reportingDesk(desk: RunDesk, report: (error: unknown) => void): RunDesk {
  return {
    phases: (only) => desk.phases(only),
    plan: async (run, phase) => {
      try {
        return await desk.plan(run, phase);
      } catch (error) {
        if (error instanceof HandoverError) report(error);
        throw error;
      }
    },
    work: (run, phase, slice, stop) => desk.work(run, phase, slice, stop),
    end: (run, end) => desk.end(run, end),
  };
}

async function coordinate(
  context: DurableContext,
  desk: RunDesk,
  { only, ...run }: RunInput,
): Promise<StoredEnd> {
  const phases = await context.step('phases', async () => (await desk.phases(only)).map(token));
  for (let at = 0, walk = 0; at < phases.length; at++) {
    const end = await walkPhase(context, desk, run, phases[at] as Token, walk);
    if (end === 'recalled' && phases.includes(firstAgain) && walk < mostWalks) {
      at = phases.indexOf(firstAgain) - 1;
      walk++;
      continue;
    }
    if (end !== undefined) {
      const left = stored({ state: 'paused', code: 'phases-left' });
      return finish(context, desk, run.run, end === 'recalled' ? left : end);
    }
  }
  return finish(context, desk, run.run, stored({ state: 'finished', code: 'none' }));
}

async function finish(
  context: DurableContext,
  desk: RunDesk,
  run: Token,
  end: StoredEnd,
): Promise<StoredEnd> {
  await context.step('end', async () => {
    await desk.end(run, end as RunEnd);
    return null;
  });
  return end;
}

/** Where records that were recalled begin again. */
const firstAgain = token('extract');
/** So often at most; whoever resumes the run goes on. */
const mostWalks = 20;

/**
 * Rounds of one phase: a lost snapshot makes a second one necessary. Undefined: the phase is done.
 * `walk`: how often records have been recalled before.
 */
async function walkPhase(
  context: DurableContext,
  desk: RunDesk,
  run: StoredRun,
  phase: Token,
  walk: number,
): Promise<StoredEnd | 'recalled' | undefined> {
  const name = walk === 0 ? phase : `${phase}-${walk}w`;
  for (let round = 0; round < mostRounds; round++) {
    const { groups, end, recalled } = await context.step('plan', () => plan(desk, run, phase));
    if (end !== null) return end;
    if (recalled) return 'recalled';
    if (groups.length === 0) return undefined;
    for (const [at, group] of groups.entries()) {
      const outcomes = await context.runChildren(
        group.map((slice, index) => ({
          name: sliceWorkflow,
          id: `${context.id}-${name}-${round}-${at}-${index}`,
          input: { ...run, phase, ...slice },
        })),
      );
      const failed = firstFailure(outcomes);
      if (failed) return failed;
    }
  }
  return stored({ state: 'paused', code: 'phase-unsettled' });
}

/** A phase that is not done after so many rounds pauses the run rather than going round for ever. */
const mostRounds = 20;

async function plan(desk: RunDesk, run: StoredRun, phase: Token): Promise<Planned> {
  try {
    const groups = await desk.plan(run, asPhase(phase));
    if (groups === 'recalled') return { groups: [], end: null, recalled: true };
    const names = groups.map((group) => group.map(storedSlice));
    return { groups: names, end: null, recalled: false };
  } catch (error) {
    if (!(error instanceof HandoverError)) throw error;
    return { groups: [], end: endOf(error.code, error.failure), recalled: false };
  }
}

function storedSlice({ target, stream, slice }: SliceName): StoredSlice {
  return { target: token(target || noTarget), stream: token(stream), slice: token(slice) };
}

/** Stands for the empty target name in what the engine stores, where no text may be empty. */
const noTarget = '-';

function firstFailure(outcomes: readonly Outcome[]): StoredEnd | undefined {
  for (const outcome of outcomes) {
    if (outcome.state === 'failed') return endOf(outcome.code, outcome.failure);
    if (outcome.state === 'cancelled') return stored({ state: 'paused', code: 'cancelled' });
  }
  return undefined;
}

/** What may pass pauses the run, to be resumed; what will not pass fails it. */
function endOf(code: string, failure: FailureClass): StoredEnd {
  return stored({ state: failure === 'permanent' ? 'failed' : 'paused', code });
}

function stored({ state, code }: RunEnd): StoredEnd {
  return { state: token(state), code: token(code) };
}

function asPhase(text: string): Phase {
  const phase = allPhases.find((one) => one === text);
  if (phase === undefined) throw new HandoverError('phase-unknown', 'There is no such phase.');
  return phase;
}

async function workSlice(
  context: DurableContext,
  desk: RunDesk,
  input: SliceInput,
  draining: () => boolean,
): Promise<Token> {
  const { run, revision, phase, target, stream, slice } = input;
  const name = { target: target === noTarget ? '' : target, stream, slice };
  const stop: StopSignal = {
    stopped: () => draining() || context.aborted.aborted,
    abort: context.aborted,
  };
  for (let stretch = 0; stretch < mostStretches; stretch++) {
    const end = await context.step('work', async () =>
      token(await desk.work({ run, revision }, asPhase(phase), name, stop)),
    );
    if (end === 'done' || end === 'snapshot-lost') return end;
    if (end !== 'stopped') await context.sleep(heldDelayMs);
  }
  return context.continueAsNew(input);
}

/** Then the workflow goes on as a new one, so that its history stays short. */
const mostStretches = 500;
/** Before a slice is asked for again that another worker holds, or took. */
const heldDelayMs = 500;
