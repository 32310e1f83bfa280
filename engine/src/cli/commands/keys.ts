import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import {
  approveRotation,
  askForRotation,
  keyRotation,
  keyRotations,
  rotationReason,
} from '../../ledger/keyRotations.ts';
import { rotateKey } from '../../run/rotation/rotate.ts';
import { auditLogOf, decisionEvent, openControl } from '../composition.ts';
import { counted, table, type Output } from '../output.ts';
import { keyState, rotationOf, type Project } from '../project.ts';
import { confirmed } from './act.ts';
import { deciding, recordDecision } from './decide.ts';
import { withControl } from './look.ts';

/** `handover keys show`: who guards the key, its generation, and its rotations. */
export async function keysShowCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const { provider, isRotating } = await keyState(project);
    const rotations = (await keyRotations(database)).map(({ reason, ...one }) => ({
      ...one,
      reason: project.key.open(reason, rotationReason).toString('utf8'),
    }));
    const { generation, fingerprint } = project.key;
    const shown = { provider, generation, fingerprint, rotating: isRotating, rotations };
    output.data({ format: 'handover-keys/1', ...shown }, () => [
      `sealing key ${generation}, wrapped by: ${provider}; project ${fingerprint}`,
      ...(isRotating ? ['A rotation was begun and did not end: do it again.'] : []),
      ...table(
        ['rotation', 'asked for by', 'approved by', 'rotated', 'sealed again', 'wrapped again'],
        rotations.map((one) => [
          one.id,
          one.author,
          one.approvers.join(', '),
          one.rotatedAt ?? '',
          one.resealed ?? '',
          one.rewrapped ?? '',
        ]),
      ),
    ]);
    return exitCodes.ok;
  });
}

/** `handover keys request`: ask that the project key be rotated. */
export async function keysRequestCommand(
  project: Project,
  output: Output,
  options: { reason: string; as: string },
): Promise<ExitCode> {
  return deciding(project, options, ['lead', 'compliance'], async (database, by) => {
    await recordDecision(project, database, by, 'KeyRotation');
    const reason = project.key.seal(Buffer.from(options.reason), rotationReason);
    const asked = { reason, author: by.name, at: systemClock.now() };
    const id = await database.transaction((transaction) => askForRotation(transaction, asked));
    output.data({ format: 'handover-key-rotation-request/1', request: id }, () => [
      `rotation ${id}: asked for by ${by.name}. Somebody else approves it: handover keys approve ${id}`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover keys approve ID`: by somebody else than who asked. */
export async function keysApproveCommand(
  project: Project,
  output: Output,
  id: string,
  options: { as: string },
): Promise<ExitCode> {
  return deciding(project, options, ['compliance', 'steward'], async (database, by) => {
    const request = await keyRotation(database, id);
    if (request.author === by.name) throw isAuthor();
    await recordDecision(project, database, by, `KeyRotationApproval/${id}`);
    const given = { approver: by.name, at: systemClock.now() };
    await database.transaction((transaction) => approveRotation(transaction, request, given));
    output.data(
      { format: 'handover-key-rotation-approval/1', request: id, approver: by.name },
      () => [`rotation ${id}: approved by ${by.name}`],
    );
    return exitCodes.ok;
  });
}

/** `handover keys rotate ID`: the former key opens nothing afterwards, and is gone. */
export async function keysRotateCommand(
  project: Project,
  output: Output,
  id: string,
  { confirm }: { confirm?: string },
): Promise<ExitCode> {
  await confirmed(project, confirm);
  const session = `handover keys ${systemRandom.bytes(6).toString('hex')}`;
  const database = openControl(project, session);
  try {
    const audit = auditLogOf(project, database);
    const rotation = await rotationOf(project);
    const done = await rotateKey(
      {
        database,
        session,
        clock: systemClock,
        record: () => audit.record([decisionEvent('operator', `KeyRotation/${id}`)]),
        ...rotation,
      },
      id,
    );
    output.data({ format: 'handover-key-rotation/1', request: id, ...done }, () => [
      `${done.former} is gone; ${done.current} seals from now on`,
      `${counted(done.resealed)} values sealed again, ${counted(done.rewrapped)} data keys wrapped again`,
      'Backups from before open with the key file of their time alone: destroy its copies, or keep them together.',
    ]);
    return exitCodes.ok;
  } finally {
    await database.close();
  }
}

function isAuthor(): HandoverError {
  return new HandoverError('key-rotation-author', 'Who asked for a rotation does not approve it.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Let somebody else of compliance, or a steward, approve it.',
  });
}
