import type { PasskeyList, SessionAnswer } from '../../engine/src/contract/access.ts';
import type {
  ConsoleProblem,
  DoorAnswer,
  DifferenceItem,
  HeldItem,
  ItemPage,
  RunList,
} from '../../engine/src/contract/console.ts';
import type { GateList, GateState } from '../../engine/src/contract/gates.ts';
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

/** How one signs in here: with an account, or with the terminal's code while there is none. */
export async function door(): Promise<DoorAnswer> {
  return (await ask('GET', '/api/door')).json() as Promise<DoorAnswer>;
}

export interface Credentials {
  code: string;
  account?: string;
  password?: string;
}

export async function signIn(credentials: Credentials): Promise<void> {
  await ask('POST', '/api/session', credentials);
}

/** Sign in with a key that this browser, or a device beside it, has. */
export async function signInByPasskey(): Promise<void> {
  const options = await (await ask('POST', '/api/session/passkey/options', {})).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  );
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const { id, response } = credential.toJSON() as AuthenticationResponseJSON;
  const { clientDataJSON, authenticatorData, signature } = response;
  await ask('POST', '/api/session/passkey', { id, clientDataJSON, authenticatorData, signature });
}

export async function passkeys(): Promise<PasskeyList> {
  return (await ask('GET', '/api/passkeys')).json() as Promise<PasskeyList>;
}

/** Make a key; `code` is one of the app, for whoever finds this window open has none. */
export async function addPasskey(label: string, code: string): Promise<void> {
  const options = await (await ask('POST', '/api/passkeys/options', {})).json();
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as PublicKeyCredentialCreationOptionsJSON,
  );
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const made = credential.toJSON() as RegistrationResponseJSON;
  const { clientDataJSON, authenticatorData, publicKey: key } = made.response;
  const body = { label, code, clientDataJSON, authenticatorData, publicKey: key };
  await ask('POST', '/api/passkeys', body);
}

export async function removePasskey(id: string): Promise<void> {
  await ask('DELETE', `/api/passkeys/${id}`);
}

export async function session(): Promise<SessionAnswer> {
  return (await ask('GET', '/api/session')).json() as Promise<SessionAnswer>;
}

export async function gates(): Promise<GateList> {
  return (await ask('GET', '/api/gates')).json() as Promise<GateList>;
}

/** What is decided on a gate; the answer is the gate as it stands then. */
export async function decide(
  gate: string,
  what: 'requests' | 'approvals' | 'waivers' | 'open',
  body: object,
): Promise<GateState> {
  const response = await ask('POST', `/api/gates/${encodeURIComponent(gate)}/${what}`, body);
  return response.json() as Promise<GateState>;
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
