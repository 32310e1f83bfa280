import type { ListedItem } from './listedItem.ts';

/**
 * A page that stands alone: no script, nothing fetched, every text escaped. The same items give the same
 * bytes.
 */
export function documentPage(title: string, summary: string, items: readonly ListedItem[]): string {
  const rows = items.map(({ date, name, value, status, details }) => {
    const more = details === '' ? '' : `<p>${escaped(details)}</p>`;
    const cells = [
      escaped(date) || '–',
      `${escaped(name)}${more}`,
      escaped(value),
      escaped(status),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['Date', 'Name', 'Value', 'Status'].map((word) => `<th scope="col">${word}</th>`);
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(summary)}</p>`,
    `<table><thead><tr>${head.join('')}</tr></thead><tbody>`,
    ...rows,
    '</tbody></table></body></html>',
    '',
  ].join('\n');
}

const style =
  'body{font:1em/1.4 sans-serif;margin:1em}table{border-collapse:collapse}' +
  'th,td{border-bottom:1px solid #888;padding:.3em .6em;text-align:left;vertical-align:top}' +
  'td:first-child{white-space:nowrap}td p{margin:0;color:#444;font-size:.85em}td{white-space:pre-wrap}';

/** Text between tags and in attributes; characters that HTML cannot hold become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/[^\t\n\r\u0020-\u007E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}
