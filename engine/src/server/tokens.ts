import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isOwnHost, type ListenAt } from './listening.ts';
import { HttpProblem } from './problem.ts';
import { smartConfiguration, type TokenDesk } from './access/tokenDesk.ts';

const formType = 'application/x-www-form-urlencoded';
const mostBytes = 64 * 1024;

/** Discovery and token endpoint of SMART Backend Services. */
export function addTokens(
  app: FastifyInstance,
  desk: TokenDesk,
  at: Pick<ListenAt, 'host' | 'name'>,
): void {
  app.get('/.well-known/smart-configuration', (request, reply) =>
    reply.header('cache-control', 'no-store').send(smartConfiguration(ownBase(request, at))),
  );
  app.post('/token', { bodyLimit: mostBytes }, async (request, reply) => {
    const isForm = request.headers['content-type']?.split(';', 1)[0]?.trim() === formType;
    const text = isForm && Buffer.isBuffer(request.body) ? request.body.toString() : '';
    const address = `${ownBase(request, at)}/token`;
    const answer = await desk.answer(new URLSearchParams(text), address);
    return reply
      .code('error' in answer ? 400 : 200)
      .headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
      .send(answer);
  });
}

/**
 * What this server was asked by, which is an audience of assertions: so it must be this server's own name
 * and port, lest one that was meant for another be taken here.
 */
function ownBase({ protocol, host, socket }: FastifyRequest, at: Pick<ListenAt, 'host' | 'name'>) {
  const url = URL.parse(`${protocol}://${host}`);
  const port = url?.port === '' ? (protocol === 'https' ? 443 : 80) : Number(url?.port);
  if (url !== null && isOwnHost(host, at) && port === socket.localPort) return url.origin;
  throw new HttpProblem(421, 'not-found', 'This server is not known by that name.');
}
