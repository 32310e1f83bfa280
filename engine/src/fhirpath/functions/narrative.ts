/** Elements that a narrative may hold (R4 §2.12.0, Narrative: the basic formatting subset). */
const allowed = new Set(
  (
    'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em ' +
    'h1 h2 h3 h4 h5 h6 hr i img li ol p pre q samp small span strong sub sup table tbody td ' +
    'tfoot th thead tr tt ul var'
  ).split(' '),
);

const tag = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[^<>]*?)?)(\/?)>/g;
const activeAttribute = /\son[a-z]+\s*=|javascript:/i;

/** Whether markup keeps to the subset: one `div` around known elements, nothing that acts. */
export function isSoundHtml(markup: string): boolean {
  const text = markup.trim();
  if (!text.startsWith('<div') || text.includes('<!') || text.includes('<?')) return false;
  const open: string[] = [];
  for (const [, closes, name = '', attributes = '', empty] of text.matchAll(tag)) {
    if (!allowed.has(name) || activeAttribute.test(attributes)) return false;
    if (closes === '/') {
      if (open.pop() !== name) return false;
    } else if (empty !== '/') {
      open.push(name);
    }
  }
  return open.length === 0 && !text.replaceAll(tag, '').includes('<');
}
