import { isJsonObject, JsonSyntaxError, parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { Stored } from '../model/target.ts';

/**
 * One resource as a target gave it back. It is parsed when a comparison asks, and not kept: where
 * delivery finds equal bytes only the facts ask, and parsed resources that live until the end of
 * their batch cost the garbage collector a tenth of all the time that verification takes.
 */
export class ReadBack {
  readonly stored: Stored;
  /** Its large objects are left out: in their place stand the digests of the bytes that were read. */
  readonly apart: boolean;

  constructor(stored: Stored, apart = false) {
    this.stored = stored;
    this.apart = apart;
  }

  /** The parsed body; undefined when there is none or it is not a JSON object in UTF-8. */
  get resource(): JsonObject | undefined {
    const body = this.stored.state === 'present' ? this.stored.body : undefined;
    return body === undefined ? undefined : parseResource(body);
  }
}

/**
 * Parse the body of a resource. Bytes that are not UTF-8 are refused rather than replaced: U+FFFD
 * on both sides would make a damaged text look equal.
 */
export function parseResource(body: Uint8Array): JsonObject | undefined {
  try {
    const value = parseJson(new TextDecoder('utf-8', strictly).decode(body));
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const strictly = { fatal: true, ignoreBOM: true };
