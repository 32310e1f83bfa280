/** On A4: black on white whatever the screen, headings over their tables, folded rows counted. */
export function printStyle(running: string): string {
  return `
@page { size: A4; margin: 14mm 12mm 16mm;
  @bottom-left { content: ${quoted(running)}; font: 8pt system-ui, sans-serif; color: #5a6169; }
  @bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt system-ui, sans-serif;
    color: #5a6169; } }
@media print {
  html { font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; }
  .contents { display: none; }
  .part { display: block; margin-top: 20pt; }
  .margin { position: static; margin-bottom: 8pt; }
  .margin .tally { display: inline; }
  .margin .note { font-size: 8.5pt; margin-top: 2pt; }
  .margin { break-inside: avoid; }
  h2, h3, caption, thead, .margin, .margin p { break-after: avoid; }
  tfoot { display: table-row-group; }
  tr, .verdict, .figures, .facts { break-inside: avoid; }
  table { font-size: 8.5pt; }
  caption, small, thead th, .account-head .told, .balances .recount td { font-size: 7.5pt; }
  th, td { padding: 3pt 0 3pt 6pt; }
  col.number, col.word { width: 52pt; }
  .balances .status td { font-size: 7.5pt; }
  .terms-7, .flowing { font-size: 7.5pt; }
  .terms-7 col.account { width: 19%; }
  .terms-7 col.whole { width: 19%; }
  .terms-7 th + th, .terms-7 td, .flowing th + th, .flowing td { padding-left: 3pt; }
  .flowing col.number { width: 46pt; }
  .flowing col.account { width: auto; }
  .data .number:first-child + * { padding-left: 9pt; }
  col.kind { width: 98pt; }
  td.kind .told { white-space: normal; }
  .bar { height: 8pt; margin-top: 3pt; }
  .data tr.red, .balances tbody.broken { box-shadow: -3pt 0 var(--red); }
  .figures { margin-top: 12pt; grid-template-columns: repeat(3, minmax(0, 1fr)); row-gap: 8pt; }
  .figures div:nth-child(4) { padding-left: 0; border-left: 0; }
  .figures b { font-size: 16pt; }
  .figures dt, .figures small, .facts dt, .glossary, .notice { font-size: 8pt; }
  .facts { margin-top: 12pt; }
  .ids code { font-size: 7pt; }
  .on-screen { display: none; }
  .on-paper { display: inline; }
  details:not([open]) > summary { list-style: none; color: var(--soft); text-decoration: none; }
  details:not([open]) > summary::-webkit-details-marker { display: none; }
}
`;
}

/** A CSS string: all but letters, digits and a few signs as code points (CSS Syntax, 4.3.7). */
function quoted(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/[^A-Za-z0-9 _.:-]/gu, (sign) => `\\${sign.codePointAt(0)?.toString(16)} `);
  return `'${escaped}'`;
}
