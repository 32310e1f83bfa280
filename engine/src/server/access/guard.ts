import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../../contract/access.ts';
import { rightOf, type RouteRight } from './rights.ts';

/** Why a request goes no further. */
export type Denial = 'signed-out' | 'forbidden';

export interface Guard {
  server: RouteRight['server'];
  /** Who asks; undefined: nobody that is known. */
  principal: (request: FastifyRequest) => Promise<Principal | undefined>;
  deny: (denial: Denial, request: FastifyRequest) => Error;
}

const principals = new WeakMap<FastifyRequest, Principal>();

/**
 * Let nothing be registered that the table of rights does not know, and nobody in whom it does not
 * name. An address that is no route is denied to whom nobody knows: it tells strangers nothing.
 */
export function guardRoutes(app: FastifyInstance, { server, principal, deny }: Guard): void {
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      if (rightOf(server, one, url) !== undefined) continue;
      throw new RangeError(`${one} ${url} stands in no line of the table of rights`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const { method, url } = request.routeOptions;
    const right = url === undefined ? undefined : rightOf(server, [method].flat()[0] ?? '', url);
    if (right?.who === 'anybody') return;
    const who = await principal(request);
    if (who === undefined) throw deny('signed-out', request);
    principals.set(request, who);
    if (right !== undefined && !isAllowed(right, who)) throw deny('forbidden', request);
  });
}

/** Whether the table lets somebody use a route now. */
export function isAllowed({ who, underGlass = [] }: RouteRight, principal: Principal): boolean {
  if (who === 'anybody') return true;
  const open = principal.glassUntil === undefined ? who : [...who, ...underGlass];
  return principal.roles.some((role) => open.includes(role));
}

/** Who asks: known behind the guard. @throws RangeError where nobody has to be. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (principal === undefined) throw new RangeError('nobody is signed in here');
  return principal;
}
