import type { TestContext } from 'node:test';

interface Closeable {
  close(): Promise<void>;
}

const belongings = new WeakMap<TestContext, Closeable[]>();

/** Have something closed when the test ends, however it ends; the last one opened comes first. */
export function owned<T extends Closeable>(context: TestContext, one: T): T {
  const known = belongings.get(context);
  if (known !== undefined) {
    known.push(one);
    return one;
  }
  const list: Closeable[] = [one];
  belongings.set(context, list);
  context.after(async () => {
    for (const each of list.toReversed()) await each.close();
  });
  return one;
}
