import type { XmlElement } from '../../../formats/xml/element.ts';

/**
 * Where an element stands, in words that hold for every document: names from its section down, the
 * section by its code. `section(48765-2)/entry/act/effectiveTime`.
 */
export function placeOf(element: XmlElement): string {
  const names: string[] = [];
  for (let each: XmlElement | undefined = element; each !== undefined; each = each.parent) {
    if (each.name === 'section') {
      names.push(sectionPlace(each));
      break;
    }
    names.push(each.name.length > longestName ? '…' : each.name);
  }
  // A document may be built two hundred deep: its place is told by where it begins and ends.
  if (names.length > mostNames) names.splice(mostNames / 2, names.length - mostNames, '…');
  return names.toReversed().join('/');
}

/** Names of a place, and characters of one. */
const mostNames = 16;
const longestName = 64;

/** What looks like a code: anything else may be somebody's name, and is not told. */
const codeLike = /^[\w.-]{1,40}$/;

function sectionPlace(section: XmlElement): string {
  const code = sectionCode(section) ?? '';
  return `section(${codeLike.test(code) ? code : ''})`;
}

/** The LOINC code of a section, or the code that it has from elsewhere. */
export function sectionCode(section: XmlElement): string | undefined {
  return section.child('code')?.peek('code');
}

/** Says how a document is built or repeats a code in words: nothing that could be lost. */
const structural = new Set([
  'classCode',
  'moodCode',
  'typeCode',
  'contextControlCode',
  'contextConductionInd',
  'determinerCode',
  'inversionInd',
  'independentInd',
  'codeSystemName',
  'codeSystemVersion',
  'displayName',
  'sdtc:valueSet',
  'sdtc:valueSetVersion',
  'nullFlavor',
  'unsorted',
  'partType',
]);

const skipped = new Set(['templateId', 'typeId', 'realmCode']);

/** Places of values that no rule took. */
export function unreadOf(roots: readonly XmlElement[]): string[] {
  const found = new Set<string>();
  const visit = (element: XmlElement): void => {
    if (element.wasReadWhole || skipped.has(element.name)) return;
    if (!element.isRead) for (const each of unreadIn(element)) found.add(each);
    for (const each of element.content) if (typeof each !== 'string') visit(each);
  };
  for (const root of roots) visit(root);
  return [...found];
}

function unreadIn(element: XmlElement): string[] {
  const names = element.unread();
  let own: string | undefined;
  return names.flatMap((name) => {
    if (structural.has(name) || name.startsWith('xsi:') || name.startsWith('xml:')) return [];
    // Whoever took the code by itself knew of what system it has to be.
    if (name === 'codeSystem' && !names.includes('code')) return [];
    const place = (own ??= placeOf(element));
    if (name === '#text') return place;
    return `${place}@${name.length > longestName ? '…' : name}`;
  });
}
