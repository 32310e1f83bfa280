import { nearestName } from '../../fhirpath/expressionError.ts';
import { isDocument } from '../../mapping/compile.ts';
import { landedNames } from '../../mapping/landing/documentDrafts.ts';
import type { ScopeDeclaration } from '../../mapping/scopeSource.ts';
import { dateReader } from '../../mapping/facts/dates.ts';
import type { Problem } from '../../model/problem.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { ProjectText } from './read.ts';
import { scopeRules, type ScopePlan, type ScopeRule } from './scope.ts';

/** A mapping that says which domain its records are of. */
export interface DomainMapping {
  stream: string;
  scope: ScopeDeclaration;
  settings: SourceSettings;
  /** Names of the resources that its records become: `Type` or `Type#label`. */
  resources: readonly string[];
  /** Streams whose resources refer to what its records become, had each become something by itself. */
  referredBy: readonly string[];
}

/**
 * Every mistake of `scope:`, in the plan and in the mappings that it is about. `complete`: these are all
 * mappings, and none of them is left out for a mistake of its own.
 */
export function scopeProblems(
  project: ProjectText,
  mapped: readonly DomainMapping[],
  complete: boolean,
): Problem[] {
  const plan = project.document.scope;
  if (plan === undefined) return [];
  const rules = scopeRules(plan);
  const domains = [...new Set(mapped.map(({ scope }) => scope.domain))];
  return [
    ...Object.entries(plan.domains).flatMap(([domain, written]) => {
      const path = ['scope', 'domains', domain];
      const several = Array.isArray(written) ? written : [written];
      return [
        ...(!complete || domains.includes(domain)
          ? []
          : [unknownDomain(project, path, domain, domains)]),
        ...several.flatMap((rule, at) => {
          const place = Array.isArray(written) ? [...path, at] : path;
          return ruleProblems(project, place, rule, at === several.length - 1);
        }),
      ];
    }),
    ...archiveProblems(project, plan.archive),
    ...documentsProblems(project, plan),
    ...mapped.flatMap((one) => mappingProblems(one, rules)),
    ...mapped.flatMap((one) => landingProblems(project, one, rules)),
  ];
}

type Path = readonly (string | number)[];

/** A record is in one document, whichever rule it falls under: the rules of a domain say the same. */
function documentsProblems(project: ProjectText, { domains }: ScopePlan): Problem[] {
  return Object.entries(domains).flatMap(([domain, written]) => {
    const path = ['scope', 'domains', domain];
    const rules = Array.isArray(written) ? written : [written];
    const landing = rules.filter(({ lands }) => lands === 'document');
    const said = landing.map(({ documents = 'patient' }) => documents);
    return rules.flatMap(({ lands, documents }, at) => {
      const place = [...(Array.isArray(written) ? [...path, at] : path), 'documents'];
      if (documents === undefined) return [];
      const add = (message: string, fix: string): Problem[] => [
        planProblem(project, place, 'landing-unfit', message, fix),
      ];
      if (lands !== 'document') return add(`"${lands}" makes no documents`, 'lands: document');
      if (said.every((one) => one === documents)) return [];
      return add(`the rules of "${domain}" make documents of ${said.join(' and ')}`, 'one of them');
    });
  });
}

function unknownDomain(
  project: ProjectText,
  path: Path,
  domain: string,
  domains: readonly string[],
): Problem {
  const near = nearestName(domain, domains) ?? domains.join(', ');
  const message = `no mapping is of the domain "${domain}"`;
  return planProblem(project, path, 'domain-unknown', message, near || 'scope: { domain: … }');
}

/** The target that archived domains go to, where the plan names one that it does not have. */
function archiveProblems(project: ProjectText, archive: string | undefined): Problem[] {
  const names = Object.keys(project.document.targets);
  if (archive === undefined || names.includes(archive)) return [];
  const message = `the plan has no target "${archive}"`;
  const fix = nearestName(archive, names) ?? names.join(', ');
  return [planProblem(project, ['scope', 'archive'], 'target-unknown', message, fix)];
}

/** Rules that the mappings of their domain cannot obey. */
function landingProblems(
  project: ProjectText,
  { stream, scope, resources, referredBy }: DomainMapping,
  rules: readonly ScopeRule[],
): Problem[] {
  const { file, line, column, domain } = scope;
  const own = rules.filter((rule) => rule.domain === domain);
  const problems: Problem[] = [];
  const add = (message: string, suggestion: string): void => {
    problems.push({ file, line, column, code: 'landing-unfit', message, suggestion });
  };
  const discrete = resources.filter((name) => !isDocument(name.split('#', 1)[0] as string));
  if (discrete.length > 0 && own.some(({ lands }) => lands === 'document')) {
    const message = `"${domain}" lands as documents, and this makes ${discrete.join(', ')}`;
    const all = 'land every rule of the domain as document';
    const fix = 'name the column with the key of the patient: scope: { …, patient: … }';
    add(message, scope.patient === undefined ? fix : all);
  }
  if (resources.includes(landedNames.items) && referredBy.length > 0) {
    const message = `${referredBy.join(', ')} refers to what lands in documents here`;
    add(message, `land both as documents, or "${domain}" discrete`);
  }
  const { charges, settlements = [] } = project.document.trialBalance ?? {};
  const money = [charges, ...settlements].some((one) => one?.stream === stream);
  if (money && own.some(({ lands }) => lands === 'archive')) {
    const message = 'the trial balance is drawn at every target, and its charges cannot go to one';
    add(message, 'discrete, or receivables: run-down');
  }
  return problems;
}

type Rule = Pick<ScopeRule, 'lands' | 'site' | 'specialty'>;

function ruleProblems(
  project: ProjectText,
  path: Path,
  { lands, site, specialty }: Partial<Rule> & Pick<Rule, 'lands'>,
  last: boolean,
): Problem[] {
  const problems: Problem[] = [];
  if (lands === 'archive' && project.document.scope?.archive === undefined) {
    const message = 'the scope does not say which target is the archive';
    const fix = `archive: ${Object.keys(project.document.targets).join(' or ')}`;
    problems.push(planProblem(project, [...path, 'lands'], 'archive-missing', message, fix));
  }
  const chosen = site !== undefined || specialty !== undefined;
  if (last && chosen) {
    const message = 'the last rule of a domain must be for all its other records';
    problems.push(
      planProblem(project, path, 'scope-incomplete', message, 'add a rule for the rest'),
    );
  }
  if (!last && !chosen) {
    const message = 'no rule after this one is ever tried';
    problems.push(planProblem(project, path, 'scope-unreachable', message, 'put it last'));
  }
  return problems;
}

function mappingProblems(
  { scope, settings }: DomainMapping,
  rules: readonly ScopeRule[],
): Problem[] {
  const { file, line, column, domain, date } = scope;
  const problems: Problem[] = [];
  const add = (code: string, message: string, suggestion: string): void => {
    problems.push({ file, line, column, code, message, suggestion });
  };
  const own = rules.filter((rule) => rule.domain === domain);
  if (own.length === 0) {
    const known = [...new Set(rules.map((rule) => rule.domain))];
    const fix = nearestName(domain, known) ?? 'add it to scope: in handover.yaml';
    add('domain-undecided', `the plan's scope does not decide about "${domain}"`, fix);
  }
  if (date === undefined && own.some(({ from }) => from !== undefined)) {
    const fix = 'date: { column: …, pattern: … }';
    add('scope-date-missing', 'the plan goes by age, and no date is named here', fix);
  }
  for (const name of ['site', 'specialty'] as const) {
    if (scope[name] !== undefined || !own.some((rule) => rule[name] !== undefined)) continue;
    add(
      'scope-column-missing',
      `the plan goes by ${name}, and no column is named here`,
      `${name}: …`,
    );
  }
  const options = { pivot: settings.centuryPivot, zone: undefined, clockChange: undefined };
  if (
    date !== undefined &&
    dateReader({ pattern: date.pattern, ...options }, 'date') === undefined
  ) {
    add('form-invalid', `"${date.pattern}" is no date pattern`, 'for example yyyyMMdd');
  }
  return problems;
}

function planProblem(
  project: ProjectText,
  path: Path,
  code: string,
  message: string,
  suggestion: string,
): Problem {
  return { file: 'handover.yaml', ...project.place(path), code, message, suggestion };
}
