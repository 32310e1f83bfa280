/**
 * Every durable operation (a database commit, a blob put, a write to a target) announces itself
 * here before and after it happens. In production nothing listens. The crash test numbers the
 * announcements and kills the process at each of them in turn, so that no point where a run can
 * die is forgotten and none is invented.
 */
export type DurableMoment = 'before' | 'after';

export type DurableListener = (name: string, moment: DurableMoment) => void;

let listener: DurableListener | undefined;

/** Install the one listener (crash test, simulation), or remove it with `undefined`. */
export function listenToDurableOperations(next: DurableListener | undefined): void {
  listener = next;
}

/**
 * Run `operate` as a durable operation called `name` (a fixed word such as `commit` or `blob.put`).
 * A listener may throw or kill: before, nothing has happened; after, it has.
 */
export async function durableOperation<T>(name: string, operate: () => Promise<T>): Promise<T> {
  if (listener === undefined) return operate();
  listener(name, 'before');
  const result = await operate();
  listener(name, 'after');
  return result;
}
