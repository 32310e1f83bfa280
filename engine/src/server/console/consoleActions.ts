import type { FastifyInstance, FastifyRequest } from 'fastify';
import { breakGlass, judgeReason } from '../../access/breakGlass.ts';
import {
  disableAccount,
  isAccountName,
  listAccounts,
  type AccountServices,
} from '../../access/accounts.ts';
import type { AuditAction, AuditEvent } from '../../audit/auditEvent.ts';
import type { AuditLog } from '../../audit/auditLog.ts';
import type { Log } from '../../base/log.ts';
import { principalOf } from '../access/guard.ts';
import type { RevealDesk } from './revealDesk.ts';
import { problems, Refusal, textIn } from './consoleProblems.ts';

/** What the console can do beside asking the ledger. */
export interface ConsoleActions {
  accounts: AccountServices;
  audit: AuditLog;
  reveal: RevealDesk;
  log: Log;
}

const runPath = '/api/runs/:run(^[0-9a-f-]{36}$)';

export function addReveal(app: FastifyInstance, { reveal, audit, accounts }: ConsoleActions): void {
  app.post(`${runPath}/held/:item(^[1-9][0-9]{0,17}$)/reveal`, async (request) => {
    const { run, item } = request.params as { run: string; item: string };
    const reason = textIn(request.body, 'reason');
    judgeReason(reason);
    const found = await reveal.heldItem(run, item);
    if (found === undefined) throw new Refusal(404, problems.item);
    // Nothing leaves before it is on record; where the log cannot be written, nothing leaves at all.
    await audit.record([
      {
        ...event(request, accounts, 'reveal'),
        resourceType: found.stream,
        resourceIds: [item],
        patient: found.patient,
        outcome: 'disclosed',
      },
    ]);
    const { text } = found;
    return { format: 'handover-revealed/1', item, ...(text !== undefined && { text }) };
  });
}

/** Break-glass: on record and alarmed before it opens anything. */
export function addBreakGlass(app: FastifyInstance, actions: ConsoleActions): void {
  app.post('/api/break-glass', (request) => brokenGlass(request, actions));
}

async function brokenGlass(request: FastifyRequest, { accounts, audit, log }: ConsoleActions) {
  const reason = textIn(request.body, 'reason');
  judgeReason(reason);
  const principal = principalOf(request);
  if (principal.kind !== 'person') throw new Refusal(403, problems.forbidden);
  await audit.record([{ ...event(request, accounts, 'break-glass'), resourceType: 'Session' }]);
  const until = await breakGlass(accounts, principal.name, reason);
  log.warn('access.glassBroken', { code: 'break-glass' });
  return { format: 'handover-break-glass/1', until: until.toISOString() };
}

export function addAccounts(app: FastifyInstance, { accounts, audit }: ConsoleActions): void {
  app.get('/api/accounts', async () => ({
    format: 'handover-accounts/1',
    accounts: await listAccounts(accounts.database),
  }));
  app.post('/api/accounts/:account/disable', async (request, reply) => {
    const { account } = request.params as { account: string };
    await audit.record([
      { ...event(request, accounts, 'decision'), resourceType: `Disable/${accountName(account)}` },
    ]);
    await disableAccount(accounts, account);
    return reply.code(204).send();
  });
}

/** What stands in an address may be anything; on record stands a name or nothing. */
function accountName(text: string): string {
  return isAccountName(text) ? text : '';
}

function event(
  request: FastifyRequest,
  { clock }: Pick<AccountServices, 'clock'>,
  action: AuditAction,
): AuditEvent {
  return {
    instant: clock.now(),
    actor: principalOf(request).name,
    action,
    resourceType: '',
    resourceIds: [],
    patient: undefined,
    outcome: 'attempted',
  };
}
