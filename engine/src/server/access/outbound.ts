import { HandoverError, exitCodes } from '../../base/errors.ts';
import { exchange, type Exchange } from '../../connectors/fhir/exchange.ts';

const timeoutMs = 10_000;
const answerBytes = 1024 * 1024;

/**
 * Ask another party of a sign-in for JSON, by the one client that the engine has: no redirect is
 * followed, and a slow or endless answer is given up.
 * @throws HandoverError `sign-in-unavailable` (transient), which names the host.
 */
export async function askJson(request: Exchange): Promise<{ status: number; json: unknown }> {
  try {
    const signal = new AbortController().signal;
    const { status, body } = await exchange(request, { timeoutMs, answerBytes, signal });
    return { status, json: JSON.parse(body.toString('utf8')) as unknown };
  } catch (error) {
    throw new HandoverError(
      'sign-in-unavailable',
      `${request.url.host} gave no answer that can be used.`,
      {
        cause: error,
        failure: 'transient',
        exitCode: exitCodes.unavailable,
        next: 'Nobody was let in. Check that this machine reaches it and trusts its certificate.',
      },
    );
  }
}
