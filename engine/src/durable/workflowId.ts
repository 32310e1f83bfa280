import { HandoverError } from '../base/errors.ts';
import { token } from './storable.ts';
import type { Token } from './storable.ts';

/** Between a workflow's id and the number of its generation: `load~2` is `load`, continued twice. */
const mark = '~';

/**
 * @throws HandoverError `durable-value-refused` when `id` is no token, `durable-id-refused` when it
 * holds the mark of a generation.
 */
export function startId(id: string): Token {
  if (id.includes(mark)) {
    throw new HandoverError('durable-id-refused', `The id of a workflow holds no "${mark}".`);
  }
  return token(id);
}

/** The id under which the workflow of this generation was started. */
export function rootId(id: string): string {
  return id.split(mark, 1)[0] ?? id;
}

export function nextGeneration(id: string): Token {
  const [root = id, generation = '0'] = id.split(mark);
  return token(`${root}${mark}${Number(generation) + 1}`);
}

export function notFound(id: string): HandoverError {
  return new HandoverError('durable-not-found', `There is no workflow ${token(id)}.`);
}

export function cancelledError(id: string): HandoverError {
  return new HandoverError('durable-cancelled', `Workflow ${token(id)} was cancelled.`);
}

export function idTaken(id: string): HandoverError {
  return new HandoverError('durable-id-taken', `Id ${token(id)} belongs to another workflow.`);
}

export function unfinished(id: string): HandoverError {
  return new HandoverError('durable-unfinished', `Workflow ${token(id)} may still run.`, {
    next: 'Wait for its end, or cancel it first.',
  });
}

export function notRegistered(name: string): HandoverError {
  return new HandoverError('durable-not-registered', `No workflow is called ${token(name)}.`);
}
