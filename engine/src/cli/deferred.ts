/** What a module exports, as functions that are there before the module is: each answers later. */
export type Deferred<Module> = {
  readonly [
    Name in keyof Module as Module[Name] extends (...args: never[]) => unknown ? Name : never
  ]: Module[Name] extends (...args: infer Arguments) => infer Answer
    ? (...args: Arguments) => Promise<Awaited<Answer>>
    : never;
};

/**
 * The functions of a module that is read when the first of them is called. A command needs a part of
 * the engine, and help needs none; a thousand modules take longer to read than most commands to work.
 */
export function deferred<Module extends object>(load: () => Promise<Module>): Deferred<Module> {
  const functionOf =
    (name: string) =>
    async (...args: unknown[]): Promise<unknown> => {
      const module = (await load()) as Record<string, (...args: unknown[]) => unknown>;
      return module[name]?.(...args);
    };
  return new Proxy({} as Deferred<Module>, {
    get: (_, name) => (typeof name === 'string' ? functionOf(name) : undefined),
  });
}
