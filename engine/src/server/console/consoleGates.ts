import type { FastifyInstance, FastifyRequest } from 'fastify';
import { principalOf } from '../access/guard.ts';
import type { GateList } from '../../contract/gates.ts';
import {
  approveGate,
  gatesOf,
  lookAtGate,
  openThroughGate,
  requestGate,
  targetOfGate,
  waiveCriterion,
  type GateServices,
} from '../../run/gates/gates.ts';
import { textIn } from './consoleProblems.ts';

const gatePath = '/api/gates/:gate';

/**
 * Gates over HTTP. A shut gate is answered with 409 and everything that is missing; who may do what is
 * decided by the table of rights first, and by the gate itself again.
 */
export function addGates(
  app: FastifyInstance,
  services: GateServices,
  targets: () => Promise<readonly string[]>,
): void {
  const { database } = services;
  app.get('/api/gates', async (): Promise<GateList> => {
    const names = await targets();
    const gates = await database.read((reader) => gatesOf(services, reader, names));
    return { format: 'handover-gates/1', gates };
  });
  app.get(gatePath, (request) =>
    database.read((reader) => lookAtGate(services, reader, gateOf(request))),
  );
  app.post(`${gatePath}/requests`, (request) =>
    requestGate(services, principalOf(request), gateOf(request), textIn(request.body, 'run')),
  );
  app.post(`${gatePath}/approvals`, (request) => {
    const evidence = textIn(request.body, 'evidence');
    return approveGate(services, principalOf(request), gateOf(request), evidence);
  });
  app.post(`${gatePath}/waivers`, (request) => {
    const wish = {
      criterion: textIn(request.body, 'criterion'),
      reason: textIn(request.body, 'reason'),
      expires: textIn(request.body, 'expires'),
    };
    return waiveCriterion(services, principalOf(request), gateOf(request), wish);
  });
  app.post(`${gatePath}/open`, async (request) => {
    const gate = gateOf(request);
    await openThroughGate(services, principalOf(request).name, targetOfGate(gate));
    return database.read((reader) => lookAtGate(services, reader, gate));
  });
}

function gateOf({ params }: FastifyRequest): string {
  return (params as { gate: string }).gate;
}
