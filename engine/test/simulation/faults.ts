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

/**
 * Of twenty faults, how many are dealt to a place; and how readily one strikes there, as places are
 * passed more and less often: there are some forty commits for each write to a target.
 */
const shares: Readonly<Record<keyof typeof kinds, { dealt: number; weight: number }>> = {
  commit: { dealt: 2, weight: 0.3 },
  'blob.put': { dealt: 3, weight: 3 },
  'blob.get': { dealt: 1, weight: 1 },
  'source.read': { dealt: 3, weight: 6 },
  'target.write': { dealt: 6, weight: 8 },
  'target.fetch': { dealt: 2, weight: 2 },
  durable: { dealt: 3, weight: 0.25 },
};

/** `place kind` of each. */
export const everyFault: readonly string[] = Object.entries(kinds).flatMap(([place, options]) =>
  options.map((kind) => `${place} ${kind}`),
);

export type FaultPlace = keyof typeof kinds;
export type FaultKind<Place extends FaultPlace> = (typeof kinds)[Place][number];

const places = (Object.keys(kinds) as FaultPlace[]).flatMap((place) =>
  Array<FaultPlace>(shares[place].dealt).fill(place),
);

/**
 * Faults of one seed, each dealt to a place beforehand, so that those passed first and most often do
 * not use them all up; each may strike whenever its place is passed.
 */
export class FaultDeck {
  readonly #random: Random;
  readonly #chance: number;
  readonly #left = new Map<FaultPlace, number>();
  #resting = 0;
  /** What struck, in order. */
  readonly struck: string[] = [];

  constructor(random: Random, options: { faults: number; chance: number }) {
    this.#random = random;
    this.#chance = options.chance;
    for (let fault = 0; fault < options.faults; fault++) {
      const place = places[random.integer(places.length)] as FaultPlace;
      this.#left.set(place, (this.#left.get(place) ?? 0) + 1);
    }
  }

  draw<Place extends FaultPlace>(place: Place): FaultKind<Place> | undefined {
    const left = this.#left.get(place) ?? 0;
    if (left === 0 || this.#resting > 0) return undefined;
    if (this.#random.next() >= this.#chance * shares[place].weight) return undefined;
    this.#left.set(place, left - 1);
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
