const childless = new Set(['meta', 'col', 'wbr', 'br']);

/**
 * What is wrong with the markup of a page: tags that do not nest, attributes without quotes or
 * given twice, and bare signs in text. Stricter than HTML, which forgives them.
 */
export function malformed(page: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const bare = page.replace(/^<!doctype html>/, '').replace(/<style>.*?<\/style>/s, '');
  const pieces = bare.split(/(<[^>]*>)/);
  for (const [at, piece] of pieces.entries()) {
    if (at % 2 === 0) {
      if (/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/.test(piece)) faults.push(`text: ${piece}`);
      continue;
    }
    const { end, name = '', attributes = '', empty } = tagShape.exec(piece)?.groups ?? {};
    if (name === '' || repeats(attributes)) faults.push(`tag: ${piece}`);
    else if (end === '/') {
      if (open.pop() !== name) faults.push(`end: ${piece}`);
    } else if (empty !== '/' && !childless.has(name)) open.push(name);
  }
  return [...faults, ...open.map((name) => `open: ${name}`)];
}

const attribute = String.raw`\s+[a-zA-Z-]+="[^"<>]*"`;
const tagShape = new RegExp(
  `^<(?<end>/?)(?<name>[a-z][a-z0-9]*)(?<attributes>(?:${attribute})*)\\s*(?<empty>/?)>$`,
);

function repeats(attributes: string): boolean {
  const names = [...attributes.matchAll(/([a-zA-Z-]+)="/g)].map(([, name]) => name);
  return new Set(names).size < names.length;
}
