/** Tables at their full width. Columns of numbers are set in figures of one width. */
export const tableStyle = `
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 13px;
  line-height: 1.4; }
table + table, .rest, details + table { margin-top: 18px; }
caption { text-align: left; color: var(--soft); font-size: 12.5px; padding-bottom: 6px; }
th, td { text-align: left; vertical-align: top; padding: 5px 0 5px 14px; font-weight: 400;
  overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0; }
thead th { vertical-align: bottom; color: var(--soft); font-size: 12px; line-height: 1.25;
  border-bottom: 1px solid var(--soft); hyphens: manual; overflow-wrap: normal; }
.data tbody tr, .balances tbody { border-bottom: 1px solid var(--rule); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.zero, .zero code { color: var(--soft); }
td.number .red, td.wrong { color: var(--red); font-weight: 700; }
td.number .amber { color: var(--amber); font-weight: 700; }
.data tr.red { background: var(--redTint); box-shadow: -8px 0 var(--redTint), -11px 0 var(--red); }
col.number, col.word { width: 84px; }
.flowing col.number { width: 80px; }
col.kind { width: 150px; }
.data col.number:first-child { width: 68px; }
col.name { width: 18%; }
col.code { width: 23%; }
col.ids { width: 25%; }
col.account { width: 25%; }
.balances tbody { break-inside: avoid; }
.balances tbody th { padding-bottom: 8px; }
.balances .running td { padding-top: 6px; padding-bottom: 0; }
.balances .recount td { padding-top: 0; color: var(--soft); font-size: 12px; }
.balances .recount td.wrong { color: var(--red); }
.balances .recount .operator { font-weight: 400; }
.balances .status td { padding-top: 0; text-align: right; font-size: 12px; }
.balances small { display: block; margin-top: 4px; }
.balances .broken small { color: var(--red); }
.balances tbody.broken { background: var(--redTint);
  box-shadow: -8px 0 var(--redTint), -11px 0 var(--red); }
.balances tfoot th, .balances tfoot td { font-weight: 600; border-bottom: 1px solid var(--soft); }
.account-head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 10px; }
.account-head .told { font-size: 12px; }
.term { display: none; color: var(--soft); font-weight: 400; }
.operator { color: var(--soft); font-weight: 400; margin-right: 4px; }
.wrong .operator { color: var(--red); font-weight: 700; }
.whole { font-weight: 600; }
.whole .word { font-weight: 400; color: var(--soft); }
.balances .running td { height: 24px; white-space: nowrap; }
.terms-4 col.account { width: 30%; }
.terms-4 col.first { width: 18%; }
.terms-4 col.whole { width: 19%; }
.terms-7 { font-size: 12.5px; }
.terms-7 th + th, .terms-7 td { padding-left: 5px; }
.terms-7 col.account { width: 20%; }
.terms-7 col.whole { width: 17%; }
.terms-7 col.first { width: 10%; }
.run-on { display: flex; flex-wrap: wrap; gap: 0 14px; }
.run-on .soft { font-size: 12px; font-variant-numeric: tabular-nums; }
.ids code { font-size: 11.5px; }
details > summary { cursor: pointer; padding: 8px 0; color: var(--ink); width: fit-content;
  text-decoration: underline; text-decoration-color: var(--soft); text-underline-offset: 3px; }
.on-paper { display: none; }
`;

/** On a narrow screen each row stands on its own, and each value beside its word. */
export const narrowStyle = `
@media screen and (max-width: 1000px) {
  .part { display: block; }
  .margin { position: static; margin-bottom: 14px; }
  .margin .tally { display: inline; }
  .figures { grid-template-columns: repeat(3, minmax(0, 1fr)); row-gap: 16px; }
  .figures div:nth-child(4) { padding-left: 0; border-left: 0; }
}
@media screen and (max-width: 720px) {
  body { padding: 16px 16px 40px; }
  h1 { font-size: 25px; }
  .verdict { grid-template-columns: 36px minmax(0, 1fr); column-gap: 16px; padding: 18px 16px; }
  .sign.large { width: 36px; height: 36px; }
  .verdict h2 { font-size: 20px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .figures div:nth-child(n) { padding: 0 14px; border-left: 1px solid var(--rule); }
  .figures div:nth-child(odd) { padding-left: 0; border-left: 0; }
  .provenance div { display: block; margin-bottom: 6px; }
  table, tbody, tfoot, tr, caption { display: block; }
  thead, colgroup { display: none; }
  td, th:first-child, td:first-child { padding: 2px 0; }
  .data tbody tr { padding: 8px 0; display: grid; grid-template-columns: 1fr; }
  .data td, .data tbody th { position: relative; display: block; padding: 2px 0 2px 112px;
    text-align: left; }
  .data td::before, .data tbody th::before { content: attr(data-label); position: absolute;
    left: 0; width: 104px; color: var(--soft); font-size: 12px; font-weight: 400; }
  .flowing tbody tr { display: flex; flex-wrap: wrap; gap: 0 12px; }
  .flowing tbody th { flex: 0 0 100%; order: -1; }
  .flowing tbody td, .flowing tbody th { padding: 1px 0; }
  .flowing td::before { position: static; padding-right: 4px; }
  .flowing tbody th::before { content: none; }
  .balances tbody, .balances tfoot { padding: 8px 0; }
  .balances tbody th { display: block; }
  .balances .running, .balances .recount,
  .balances .status, .balances tfoot tr { display: flex; flex-wrap: wrap;
    gap: 0 6px; }
  .balances th { flex: 0 0 100%; }
  .balances td { display: block; padding: 0; border: 0; }
  .balances tfoot { border-bottom: 1px solid var(--soft); }
  .balances tfoot th { border: 0; }
  .balances tbody th { padding-bottom: 4px; }
  .balances .running td { height: auto; }
  .term { display: inline; }
  .balances td.none { display: none; }
  .data tr.red, .balances tbody.broken { box-shadow: -8px 0 var(--redTint), -11px 0 var(--red); }
}
`;
