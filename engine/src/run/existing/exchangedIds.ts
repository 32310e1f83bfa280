import { canonicalJson, parseJson, type JsonObject } from '../../base/json.ts';
import { linkedTypes } from '../../model/person.ts';

/** The types of which a target's own resources may be read. */
export const existingTypes: readonly string[] = linkedTypes;

const reference = new RegExp(
  `"reference":"(${existingTypes.join('|')})/([A-Za-z0-9\\-.]{1,64})"`,
  'g',
);

/** Ids of the resources of {@link existingTypes} that a canonical body refers to, `Type/id`. */
export function referredIn(body: Buffer): string[] {
  if (!body.includes('"reference":"')) return [];
  const found = body.toString('utf8').matchAll(reference);
  return [...new Set([...found].map(([, type, id]) => `${type}/${id}`))];
}

/**
 * A canonical body with references led to other ids (`Type/id` to `Type/id`), and under another id itself
 * where one is given; canonical again. The same buffer where nothing changes.
 */
export function exchanged(body: Buffer, names: ReadonlyMap<string, string>, id?: string): Buffer {
  const text = body.toString('utf8');
  const led =
    names.size === 0
      ? text
      : text.replaceAll(reference, (whole, type: string, from: string) => {
          const to = names.get(`${type}/${from}`);
          return to === undefined ? whole : `"reference":"${to}"`;
        });
  if (id !== undefined) {
    return Buffer.from(canonicalJson({ ...(parseJson(led) as JsonObject), id }));
  }
  return led === text ? body : Buffer.from(led);
}
