import type { Role } from '../contract/access.ts';
import type { Transaction } from '../store/session.ts';
import type { AccountServices } from './accounts.ts';
import { totpContext } from './accounts.ts';
import { isPassword } from './passwords.ts';
import { acceptedStep } from './totp.ts';

/** What somebody proves to be an account's owner with. */
export interface Proof {
  account: string;
  password: string;
  /** Six digits of the second factor. */
  code: string;
}

/** `later`: too many wrong proofs just now. Which part was wrong is told to nobody. */
export type SignIn = { account: string; roles: readonly Role[] } | 'wrong' | 'later';

/** Wrong proofs for one account before it rests, and how long it does. */
const mostFailures = 5;
const restMs = 15 * 60_000;

interface Row {
  /** None: a provider signs them in. */
  password: string | null;
  totp: Buffer | null;
  totp_step: string;
  roles: Role[];
  failures: number;
  failed_at: Date | string | null;
  disabled_at: Date | string | null;
}

/**
 * Judge a proof by password and second factor. Failures are counted in the database, so that a
 * restart or another process does not forget them; an account that is not there takes as long as
 * one that is.
 */
export async function judgeProof(services: AccountServices, proof: Proof): Promise<SignIn> {
  const known = await accountOf(services, proof.account);
  const now = services.clock.now();
  if (known !== undefined && isResting(known, now)) return 'later';
  const right = await isPassword(proof.password, known?.password ?? nobody);
  return settled(services, known, proof, right, now);
}

/** Judge the second factor alone, of somebody whose first the caller knows of: a provider's word, a session. */
export async function judgeCode(
  services: AccountServices,
  proof: Pick<Proof, 'account' | 'code'>,
): Promise<SignIn> {
  const known = await accountOf(services, proof.account);
  const now = services.clock.now();
  if (known !== undefined && isResting(known, now)) return 'later';
  return settled(services, known, proof, known !== undefined, now);
}

function settled(
  services: AccountServices,
  known: Row | undefined,
  proof: Pick<Proof, 'account' | 'code'>,
  right: boolean,
  now: Date,
): Promise<SignIn> {
  const step = known && stepOf(services, known, proof, now);
  return services.database.transaction(async (transaction) => {
    const fits = right && step !== undefined && (known?.disabled_at ?? null) === null;
    if (fits && (await takeStep(transaction, proof.account, step))) {
      return { account: proof.account, roles: known?.roles ?? [] };
    }
    await countFailure(transaction, proof.account, now);
    return 'wrong';
  });
}

/** A hash that no password has: what the proof of an account is judged by that is not there. */
const nobody = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

async function accountOf({ database }: AccountServices, account: string): Promise<Row | undefined> {
  const { rows } = await database.query<Row>(
    `select password, totp, totp_step, roles, failures, failed_at, disabled_at
       from access.account where name = $1`,
    [account],
  );
  return rows[0];
}

function isResting({ failures, failed_at: failedAt }: Row, now: Date): boolean {
  if (failures < mostFailures || failedAt === null) return false;
  return now.getTime() - new Date(failedAt).getTime() < restMs;
}

function stepOf(
  { key }: AccountServices,
  { totp, totp_step: lastStep }: Row,
  { account, code }: Pick<Proof, 'account' | 'code'>,
  now: Date,
): number | undefined {
  if (totp === null) return undefined;
  const secret = key.open(totp, totpContext(account));
  return acceptedStep(secret, code, now, Number(lastStep));
}

/** A code is taken once, whoever sends it twice at the same moment. */
async function takeStep(transaction: Transaction, account: string, step: number): Promise<boolean> {
  const { count } = await transaction.query(
    `update access.account set totp_step = $2, failures = 0, failed_at = null
      where name = $1 and totp_step < $2 and disabled_at is null`,
    [account, step],
  );
  return count === 1;
}

/** What failed long ago counts no more. */
async function countFailure(transaction: Transaction, account: string, now: Date): Promise<void> {
  await transaction.query(
    `update access.account
        set failures = case when failed_at > $3 then failures + 1 else 1 end, failed_at = $2
      where name = $1`,
    [account, now, new Date(now.getTime() - restMs)],
  );
}
