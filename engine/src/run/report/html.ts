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
  notLoadedSection,
  unreadSection,
} from './page/decisions.ts';
import { colorWord, factsOf, figuresOf, verdictOf } from './page/head.ts';
import { code, html, type Markup } from './page/markup.ts';
import { contentsOf, sectionOf, type Section } from './page/section.ts';
import { standAlonePage } from './page/standAlone.ts';
import { styleSheet } from './page/style.ts';
import { scopeSections } from './page/scope.ts';
import { sideEffectSections } from './page/sideEffects.ts';
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
  const title = `${colorWord(report)} · ${report.project} · run ${report.run.id}`;
  const body = html`${shapes()} ${headerOf(report)}
    <main>
      ${verdictOf(report)}
      <section class="run" aria-label="The run">${figuresOf(report)}${factsOf(report)}</section>
      ${contentsOf(sections)}${sections.map(sectionOf)}
    </main>
    ${footerOf(report)}`;
  return standAlonePage(title, style, body);
}

function sectionsOf(report: RunReport): Section[] {
  return [
    streamsSection(report),
    targetsSection(report),
    dispositionsSection(report),
    ...scopeSections(report),
    ...sideEffectSections(report),
    exclusionsSection(report),
    heldSection(report),
    differencesSection(report),
    ...trialBalanceSections(report),
    goalsSection(report),
    notComparedSection(report),
    codesAsTextSection(report),
    restartsSection(report),
    unreadSection(report),
    notLoadedSection(report),
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
