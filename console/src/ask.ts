import type {
  ConsoleProblem,
  DifferenceItem,
  HeldItem,
  ItemPage,
  RunList,
} from '../../engine/src/contract/console.ts';
import type { CauseLine, FindingLine } from '../../engine/src/contract/report.ts';

/** A question that was not answered; `problem` says why and what to do now. */
export class Refused extends Error {
  readonly status: number;
  readonly problem: ConsoleProblem;

  constructor(status: number, problem: ConsoleProblem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

const unreachable: ConsoleProblem = {
  format: 'handover-problem/1',
  code: 'unreachable',
  message: 'The console does not answer.',
  next: 'Look at the terminal that runs it.',
};

async function ask(method: string, path: string, body?: object): Promise<Response> {
  const response = await fetch(path, {
    method,
    redirect: 'error',
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  }).catch(() => {
    throw new Refused(0, unreachable);
  });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => unreachable)) as ConsoleProblem;
  throw new Refused(response.status, problem);
}

export async function signIn(code: string): Promise<void> {
  await ask('POST', '/api/session', { code });
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/api/session');
}

export async function runs(): Promise<RunList> {
  return (await ask('GET', '/api/runs')).json() as Promise<RunList>;
}

export type HeldKind = 'quarantined' | 'excluded';

export async function heldItems(
  run: string,
  kind: HeldKind,
  { stream, target, phase, code, path }: CauseLine,
  after = '',
): Promise<ItemPage<HeldItem>> {
  const query = new URLSearchParams({ kind, stream, target, phase, code, path, after });
  const response = await ask('GET', `/api/runs/${run}/held?${query.toString()}`);
  return response.json() as Promise<ItemPage<HeldItem>>;
}

export async function differenceItems(
  run: string,
  { stream, target, verifier, kind, code, type, path }: FindingLine,
  after = '',
): Promise<ItemPage<DifferenceItem>> {
  const query = new URLSearchParams({ stream, target, verifier, kind, code, type, path, after });
  const response = await ask('GET', `/api/runs/${run}/differences?${query.toString()}`);
  return response.json() as Promise<ItemPage<DifferenceItem>>;
}
