/** What differs from one run to the next and says nothing: ids, instants, digests, places, rates. */
const masks: readonly (readonly [pattern: RegExp, mask: string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'RUN'],
  [/\b[0-9a-f]{64}\b/g, 'DIGEST'],
  [/\brevision [0-9a-f]{12}\b/g, 'revision DIGEST'],
  [/\b[0-9a-z]{26}\b/g, 'ID'],
  [/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?/g, 'INSTANT'],
  [/http:\/\/127\.0\.0\.1:\d+/g, 'ADDRESS'],
  [/Bearer \S+/g, 'Bearer TOKEN'],
];

/** Lines of progress come as the clock has it. */
const progress = /^(assess|extract|map|check|link|load|verify)( [\w.-]+)?: [^\n]*\n?/gm;

/** A text as it would be in any other run, with `folder` as FOLDER. */
export function masked(text: string, folder: string): string {
  let shown = text.replaceAll(progress, '').replaceAll(folder, 'FOLDER');
  for (const [pattern, mask] of masks) shown = shown.replaceAll(pattern, mask);
  return shown;
}
