import { HandoverError, exitCodes } from '../base/errors.ts';

/** Thrown into a body that must end here: what it does afterwards is not recorded. */
export class Leaving extends HandoverError {}

export function claimLost(): Leaving {
  return new Leaving(
    'durable-claim-lost',
    'Another worker has this workflow now, or it was stopped.',
    {
      failure: 'transient',
      next: 'Nothing to do: whoever has the workflow goes on from its last checkpoint.',
    },
  );
}

export function handedBack(): Leaving {
  return new Leaving(
    'durable-handed-back',
    'This worker is closing; the workflow is queued again.',
    {
      failure: 'transient',
      exitCode: exitCodes.interrupted,
      next: 'Start a worker, or resume the run, to go on from the last checkpoint.',
    },
  );
}

export function continued(): Leaving {
  return new Leaving('durable-continued', 'The workflow goes on in its next generation.');
}

/**
 * Lets one call of a body's context through at a time. Engines number the calls to find their
 * results again, and calls that overlap could be numbered otherwise at replay.
 */
export class CallGuard {
  #busy = false;

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      throw new HandoverError(
        'durable-call-overlaps',
        'A workflow called its context before the call in hand returned.',
        { next: 'Await each call; use runChildren for work that may go on side by side.' },
      );
    }
    this.#busy = true;
    try {
      return await call();
    } finally {
      this.#busy = false;
    }
  }
}
