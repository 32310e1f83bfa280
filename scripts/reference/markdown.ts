/** A cell as Markdown: a bar would end it, and a line end too. */
function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
}

export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** First letter large, full stop at the end. */
export function sentence(text: string): string {
  const closed = /[.!?:]$/.test(text) ? text : `${text}.`;
  return closed.charAt(0).toUpperCase() + closed.slice(1);
}

/** Said at the top of every page that is generated, for whoever opens it to edit it. */
export function generatedFrom(source: string): string {
  return `<!-- Generated from ${source} by \`npm run reference\`: edit it there. -->`;
}
