import { exitCodes, HandoverError } from '../base/errors.ts';
import { JsonSyntaxError, parseJson, isJsonObject, JsonNumber, type Json } from '../base/json.ts';
import { unreachable } from './syslogSender.ts';

/** Where a collector takes OTLP logs over HTTP (`…/v1/logs`). */
export interface OtlpCollector {
  url: URL;
  token?: string;
  timeoutMs: number;
}

/**
 * Hand one request of OTLP logs in JSON to a collector (OTLP 1.x, OTLP/HTTP). A redirect is not followed: the
 * token goes to its own collector alone.
 * @returns when all was taken.
 * @throws HandoverError `siem-unreachable` (transient: no answer, 429, 5xx), `siem-rejected`: it refused
 * all or some of it, and so would it again.
 */
export async function sendOtlp(
  { url, token, timeoutMs }: OtlpCollector,
  logs: object,
): Promise<void> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify(logs);
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = { status: 0, text: '' };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal,
    });
    answer.status = response.status;
    answer.text = (await response.text()).slice(0, 65_536);
  } catch {
    throw unreachable();
  }
  if (answer.status === 429 || answer.status >= 500) throw unreachable();
  if (answer.status !== 200 || rejectedOf(answer.text) > 0) throw rejected();
}

/** `partialSuccess.rejectedLogRecords`, 64 bits, so a number or a text. */
function rejectedOf(text: string): number {
  let value: Json;
  try {
    value = parseJson(text === '' ? '{}' : text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw rejected();
    throw error;
  }
  const partial = isJsonObject(value) ? value['partialSuccess'] : undefined;
  const count = isJsonObject(partial) ? partial['rejectedLogRecords'] : undefined;
  return Number(count instanceof JsonNumber ? count.text : (count ?? 0));
}

function rejected(): HandoverError {
  return new HandoverError('siem-rejected', 'The collector refused part of the audit log.', {
    exitCode: exitCodes.unavailable,
    next: 'Check `url` and `token` of `siem` in the plan, and the log of the collector. Nothing is lost.',
  });
}
