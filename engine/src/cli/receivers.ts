import { systemClock } from '../base/clock.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { isUnsealed, type Wire } from '../model/wire.ts';
import { readProject } from '../run/plan/read.ts';

/**
 * What is sent apart from a run goes to this machine, or to a receiver that the plan of the project
 * names; without verified TLS by that receiver's exception alone.
 * @param address `HOST:PORT`, as the plan has it.
 * @throws HandoverError `receiver-not-named`, `receiver-plaintext` (exit 2); nothing was sent.
 */
export async function requireReceiver(folder: string, address: string, wire: Wire): Promise<void> {
  if (wire.guard === 'local') return;
  const named = await receiverAt(folder, address);
  if (named === undefined) {
    throw refused(
      'receiver-not-named',
      `${address} is another machine, and no plan that can be read names it.`,
      'Write it down below `receivers` in handover.yaml (--project DIR), with who answers for it.',
    );
  }
  const today = systemClock.now().toISOString().slice(0, 10);
  const isExcepted = named.withoutTls !== undefined && named.withoutTls.expires >= today;
  if (!isUnsealed(wire) || isExcepted) return;
  throw refused(
    'receiver-plaintext',
    `${address} is another machine, and it would be sent to without verified TLS.`,
    'Use TLS (--tls, sslmode=verify-full), or have somebody answer for it: `withoutTls` of this receiver in the plan.',
  );
}

async function receiverAt(folder: string, address: string) {
  const { value } = await readProject(folder).catch((error: unknown) => {
    if (error instanceof HandoverError && error.code === 'plan-missing')
      return { value: undefined };
    throw error;
  });
  return Object.values(value?.document.receivers ?? {}).find(
    (receiver) => receiver.address.toLowerCase() === address.toLowerCase(),
  );
}

function refused(code: string, message: string, next: string): HandoverError {
  return new HandoverError(code, message, { next, exitCode: exitCodes.usage });
}
