import { isJsonObject, JsonSyntaxError, parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { Stored } from '../model/target.ts';

/**
 * One resource as a target gave it back, parsed at most once, whichever comparison asks first. When
 * delivery finds equal bytes and no fact is declared for the type, it is never parsed at all.
 */
export class ReadBack {
  readonly stored: Stored;
  #resource: JsonObject | undefined;
  #parsed = false;

  constructor(stored: Stored) {
    this.stored = stored;
  }

  /** The parsed body; undefined when there is none or it is not a JSON object in UTF-8. */
  get resource(): JsonObject | undefined {
    if (!this.#parsed) {
      this.#parsed = true;
      const body = this.stored.state === 'present' ? this.stored.body : undefined;
      this.#resource = body === undefined ? undefined : parseResource(body);
    }
    return this.#resource;
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
