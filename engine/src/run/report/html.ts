import { sha256 } from '../../base/digest.ts';
import type { RunReport } from '../../contract/report.ts';
import { evidenceNotice } from '../../contract/words.ts';
import { streamsSection, targetsSection } from './page/accounts.ts';
import {
  differencesSection,
  exclusionsSection,
  goalsSection,
  heldSection,
  notComparedSection,
} from './page/causes.ts';
import {
  codesAsTextSection,
  dispositionsSection,
  restartsSection,
  unreadSection,
} from './page/decisions.ts';
import { colorWord, factsOf, figuresOf, verdictOf } from './page/head.ts';
import { code, html, type Markup } from './page/markup.ts';
import { contentsOf, sectionOf, type Section } from './page/section.ts';
import { styleSheet } from './page/style.ts';
import { scopeSections } from './page/scope.ts';
import { shapes } from './page/symbols.ts';
import { trialBalanceSections } from './page/trialBalance.ts';
import { glossary } from './page/words.ts';

/**
 * The report of a run as one page that stands on its own: no script, no picture, no font and no
 * other file. Its policy forbids the network, and every style but its own. Pure: the same report
 * gives the same bytes.
 */
export function renderReport(report: RunReport): string {
  const style = styleSheet(`${report.project} · run ${report.run.id}`);
  const sections = sectionsOf(report);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policyFor(style)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${colorWord(report)} · ${report.project} · run ${report.run.id}</title>
        ${styleElement(style)}
      </head>
      <body>
        ${shapes()} ${headerOf(report)}
        <main>
          ${verdictOf(report)}
          <section class="run" aria-label="The run">${figuresOf(report)}${factsOf(report)}</section>
          ${contentsOf(sections)}${sections.map(sectionOf)}
        </main>
        ${footerOf(report)}
      </body>
    </html> `;
  return page.markup;
}

/** Set without a space more: the policy names the digest of exactly this text. */
function styleElement(style: string): Markup {
  return { markup: `<style>${style}</style>` };
}

/** What the page may do: show itself in the style it came with, and nothing else. */
function policyFor(style: string): string {
  const digest = sha256(style).toString('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}

function sectionsOf(report: RunReport): Section[] {
  return [
    streamsSection(report),
    targetsSection(report),
    dispositionsSection(report),
    ...scopeSections(report),
    exclusionsSection(report),
    heldSection(report),
    differencesSection(report),
    ...trialBalanceSections(report),
    goalsSection(report),
    notComparedSection(report),
    codesAsTextSection(report),
    restartsSection(report),
    unreadSection(report),
  ];
}

function headerOf({ project, run }: RunReport): Markup {
  return html` <header>
    <p class="notice">${evidenceNotice}</p>
    <div class="title">
      <h1>${project}</h1>
      <p>Report of run ${code(run.id)}</p>
    </div>
  </header>`;
}

function footerOf({ format, run }: RunReport): Markup {
  const later = run.laterRevisions.map((revision) => html`<dd>${code(revision)}</dd>`);
  return html` <footer>
    <h2>Words in this report</h2>
    ${glossary()}
    <h2>Provenance</h2>
    <dl class="provenance">
      <div>
        <dt>Run</dt>
        <dd>${code(run.id)}</dd>
      </div>
      <div>
        <dt>Plan revision</dt>
        <dd>${code(run.revision)}</dd>
      </div>
      ${
        later.length > 0
          ? html` <div>
              <dt>Later revisions, of replays</dt>
              ${later}
            </div>`
          : undefined
      }
      <div>
        <dt>Format</dt>
        <dd>${code(format)}</dd>
      </div>
    </dl>
  </footer>`;
}
