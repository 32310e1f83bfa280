import { customProperties, darkPalette, lightPalette } from '../../../contract/palette.ts';
import { printStyle } from './stylePrint.ts';
import { narrowStyle, tableStyle } from './styleTables.ts';

/** The style sheet of a report; `running` stands at the foot of each printed page. */
export function styleSheet(running: string): string {
  return `
:root { color-scheme: light dark; ${customProperties(lightPalette)} }
@media screen and (prefers-color-scheme: dark) { :root { ${customProperties(darkPalette)} } }
${pageStyle}${headStyle}${symbolStyle}${tableStyle}${narrowStyle}${printStyle(running)}`;
}

const pageStyle = `
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial,
  sans-serif; }
body { max-width: 1180px; margin: 0 auto; padding: 24px 32px 48px; }
h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
h1, .verdict h2, .part h2, footer h2 { font-family: Charter, 'Bitstream Charter', 'Sitka Text',
  Cambria, 'Liberation Serif', Georgia, serif; font-weight: 600; text-wrap: balance; }
code { font: .92em/1.4 ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono',
  monospace; overflow-wrap: anywhere; }
a { color: inherit; text-decoration: underline; text-decoration-color: var(--soft);
  text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--waiting); outline-offset: 2px; border-radius: 2px; }
:target { scroll-margin-top: 16px; }
.soft, .note, .tally, small { color: var(--soft); }
small { font-size: 12px; }
.part { display: grid; grid-template-columns: 196px minmax(0, 1fr); column-gap: 36px;
  border-top: 1px solid var(--ink); padding-top: 12px; margin-top: 40px; }
.margin { position: sticky; top: 12px; align-self: start; }
.part h2 { font-size: 20px; line-height: 1.25; }
.margin .tally { margin-top: 2px; font-variant-numeric: tabular-nums; }
.margin .note { margin-top: 8px; font-size: 12.5px; line-height: 1.45; text-wrap: pretty; }
.body h3 { font-size: 14px; margin: 28px 0 6px; }
.body h3:first-child { margin-top: 0; }
.body h3 .tally { font-weight: 400; margin-left: 6px; }
.bare { margin-top: 24px; }
.bare .body { color: var(--soft); padding-top: 3px; }
.bare + .part { margin-top: 24px; }
footer { border-top: 1px solid var(--ink); margin-top: 48px; padding-top: 12px; }
footer h2 { font-size: 16px; margin: 20px 0 8px; }
footer h2:first-child { margin-top: 0; }
.glossary { columns: 3 260px; column-gap: 36px; font-size: 12.5px; line-height: 1.45; }
.glossary div { break-inside: avoid; margin-bottom: 6px; }
dt { font-weight: 600; }
.glossary dt, .glossary dd { display: inline; }
.glossary dt::after { content: '  '; }
.glossary dd, .provenance dt { color: var(--soft); }
.provenance div { display: grid; grid-template-columns: 196px minmax(0, 1fr); column-gap: 36px; }
.provenance dt { font-weight: 400; }
.provenance dd { grid-column: 2; }
`;

const headStyle = `
.notice { font-size: 12.5px; color: var(--soft); padding-bottom: 10px;
  border-bottom: 1px solid var(--rule); }
.title { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
  gap: 0 24px; margin: 20px 0 14px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere;
  min-width: 0; }
.title p { color: var(--soft); }
.verdict { display: grid; grid-template-columns: 56px minmax(0, 1fr); column-gap: 24px;
  padding: 22px 28px 22px 24px; border-left: 6px solid; }
.verdict.green { background: var(--greenTint); border-color: var(--green); }
.verdict.amber { background: var(--amberTint); border-color: var(--amber); }
.verdict.red { background: var(--redTint); border-color: var(--red); }
.verdict h2 { font-size: 26px; line-height: 1.25; }
.verdict > div { align-self: center; }
.color-word { display: block; font: 700 14px/1.4 system-ui, 'Segoe UI', sans-serif;
  letter-spacing: .09em; text-transform: uppercase; }
.green .color-word { color: var(--green); }
.amber .color-word { color: var(--amber); }
.red .color-word { color: var(--red); }
.reasons { display: table; margin-top: 12px; border-spacing: 0 3px; }
.reasons li { display: table-row; }
.reasons b { display: table-cell; text-align: right; padding-right: 12px; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.reasons .plain::before { content: '–'; display: table-cell; text-align: right;
  padding-right: 12px; }
.figures { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); margin-top: 26px; }
.figures div { padding: 0 16px; border-left: 1px solid var(--rule); }
.figures div:first-child { padding-left: 0; border-left: 0; }
.figures dt { font-weight: 400; color: var(--soft); font-size: 12.5px; }
.figures b { display: block; font-size: 22px; line-height: 1.3; font-weight: 600;
  letter-spacing: -.015em; font-variant-numeric: tabular-nums; }
.figures small { display: block; line-height: 1.35; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin-top: 22px; padding: 10px 0;
  border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); }
.facts dt { font-weight: 400; color: var(--soft); font-size: 12px; line-height: 1.3; }
.facts dd { font-variant-numeric: tabular-nums; }
.contents ul { display: flex; flex-wrap: wrap; gap: 4px 22px; margin-top: 14px; }
.contents .tally { font-size: 12px; }
.contents .sign { margin-right: 5px; }
`;

const symbolStyle = `
.shapes { position: absolute; width: 0; height: 0; overflow: hidden; }
.sign { width: 1em; height: 1em; vertical-align: -.12em; flex: none; }
.sign.large { width: 56px; height: 56px; align-self: start; }
.sign .fill, #sign-green .fill, #sign-amber .fill, #sign-red .fill { fill: currentColor; }
.line { fill: none; stroke: var(--paper); stroke-width: 2.6; stroke-linecap: round;
  stroke-linejoin: round; }
.told { white-space: nowrap; }
.told .sign { margin-right: 5px; }
.margin .tally .sign { margin-right: 5px; }
.sign.green, .told.green { color: var(--green); }
.sign.amber, .told.amber { color: var(--amber); }
.sign.red, .told.red { color: var(--red); font-weight: 600; }
.bar { display: block; width: 100%; height: 11px; margin-top: 5px; }
.edge { width: 1.5px; height: 100%; fill: var(--paper); }
.bar .empty { fill: var(--rule); }
.swatch { display: block; width: 18px; height: 7px; margin: 0 0 3px auto; }
.moved { fill: var(--moved); }
.combined { fill: var(--combined); }
.removed { fill: var(--removed); }
.excluded { fill: var(--excluded); }
.held { fill: var(--held); }
.waiting { fill: var(--waiting); }
.superseded { fill: var(--superseded); }
.mark, .ground { fill: var(--paper); }
.broken { fill: var(--red); }
.bar .held, .swatch .held { fill: url(#pattern-held); }
.bar .waiting, .swatch .waiting { fill: url(#pattern-waiting); }
.bar .superseded, .swatch .superseded { fill: url(#pattern-superseded); }
.bar .broken { fill: url(#pattern-broken); }
`;
