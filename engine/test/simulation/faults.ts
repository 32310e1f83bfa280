import { HandoverError, exitCodes } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';

/** Where a fault can strike, and what can happen there. */
const kinds = {
  commit: ['refused', 'ambiguous'],
  'blob.put': ['refused', 'ambiguous', 'takeover', 'drain', 'pause'],
  'blob.get': ['refused'],
  'source.read': ['refused', 'snapshot-lost', 'takeover', 'drain'],
  'target.write': [
    ...(['transient', 'busy', 'ambiguous', 'ambiguous-unwritten', 'half'] as const),
    ...(['throws', 'throws-written', 'takeover', 'pause', 'drain'] as const),
  ],
  'target.fetch': ['throws', 'takeover'],
  /** Before or after a durable operation: the process dies there. */
  durable: ['crash'],
} as const;

/** Places are passed more and less often; all are to be struck about alike. */
const weights: Readonly<Record<keyof typeof kinds, number>> = {
  commit: 0.3,
  'blob.put': 3,
  'blob.get': 1,
  'source.read': 4,
  'target.write': 6,
  'target.fetch': 2,
  durable: 0.25,
};

/** `place kind` of each. */
export const everyFault: readonly string[] = Object.entries(kinds).flatMap(([place, options]) =>
  options.map((kind) => `${place} ${kind}`),
);

export type FaultPlace = keyof typeof kinds;
export type FaultKind<Place extends FaultPlace> = (typeof kinds)[Place][number];

/** Faults of one seed: as many as it may have, each drawn when its place is passed. */
export class FaultDeck {
  readonly #random: Random;
  readonly #chance: number;
  #left: number;
  #resting = 0;
  /** What struck, in order. */
  readonly struck: string[] = [];

  constructor(random: Random, options: { faults: number; chance: number }) {
    this.#random = random;
    this.#left = options.faults;
    this.#chance = options.chance;
  }

  draw<Place extends FaultPlace>(place: Place): FaultKind<Place> | undefined {
    if (this.#left === 0 || this.#resting > 0) return undefined;
    if (this.#random.next() >= this.#chance * weights[place]) return undefined;
    this.#left--;
    const options: readonly FaultKind<Place>[] = kinds[place];
    const kind = options[this.#random.integer(options.length)] as FaultKind<Place>;
    this.struck.push(`${place} ${kind}`);
    return kind;
  }

  /** Run `quiet` without faults. */
  async rest<T>(quiet: () => Promise<T>): Promise<T> {
    this.#resting++;
    try {
      return await quiet();
    } finally {
      this.#resting--;
    }
  }
}

/** Thrown where a process died: nothing of that process goes on. */
export class Crash extends Error {}

export function transient(code: string): HandoverError {
  return new HandoverError(code, 'A fault of the simulation.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}

export function ambiguous(code: string): HandoverError {
  return new HandoverError(code, 'A fault of the simulation.', {
    failure: 'ambiguous',
    exitCode: exitCodes.unavailable,
  });
}

/** Nobody works on a run that is being undone: whoever tries is told so. */
export function isOver(error: unknown): boolean {
  return error instanceof HandoverError && error.code === 'run-over';
}

export function unlessOver(error: unknown): void {
  if (!isOver(error)) throw error;
}

/** What the engine may meet and has an answer to. */
export function isPassing(error: unknown): boolean {
  return error instanceof Error && 'failure' in error && error.failure !== 'permanent';
}
