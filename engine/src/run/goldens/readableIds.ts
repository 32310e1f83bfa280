import { sha256 } from '../../base/digest.ts';
import type { Identities } from '../../mapping/reference.ts';

/**
 * Ids that say of what they are made, `clinic.pt_demog-990001`: a golden is the same under every
 * project key, and a reviewer follows its references by eye.
 */
export class ReadableIds implements Identities {
  readonly #names = new Map<string, string>();

  identify = (stream: string, key: string): Buffer => {
    const tag = sha256(`${stream}\n${key}`);
    this.#names.set(tag.toString('hex'), readable(`${stream}-${key}`, tag));
    return tag;
  };

  stableId = (tag: Buffer, resource: string): string => {
    const label = resource.split('#')[1];
    const name = this.#names.get(tag.toString('hex')) ?? tag.toString('hex', 0, 16);
    return label === undefined ? name : `${name}-${label}`;
  };
}

/** Within what FHIR allows of an id (R4 §2.24.0.1, id); what that changes stays told apart. */
function readable(name: string, tag: Buffer): string {
  const allowed = name.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 40);
  const asIs = name.replaceAll('_', '-');
  return allowed === asIs ? allowed : `${allowed}-${tag.toString('hex', 0, 4)}`;
}
