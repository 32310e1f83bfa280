import { compileExpression } from '../fhirpath/compile.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';
import { systemNameOf } from '../fhirpath/staticType.ts';
import type { Draft } from '../model/draft.ts';

/** One rule of `route:`; the first whose condition holds decides. */
export interface RouteRule {
  when?: string | undefined;
  to: readonly string[];
}

/**
 * Names of the targets for each draft; undefined when every draft goes to every target, which is the
 * common case and costs nothing. A draft that no rule takes goes nowhere: it is not drafted.
 */
export type Router = (drafts: readonly Draft[]) => string[][] | undefined;

/** A rule that cannot be compiled, by its place among the rules. */
export interface RouteProblem {
  rule: number;
  message: string;
  suggestion?: string;
}

export function compileRoutes(
  rules: readonly RouteRule[] | undefined,
  targets: readonly string[],
): { route: Router; problems: RouteProblem[] } {
  const problems: RouteProblem[] = [];
  const compiled = (rules ?? [{ to: targets }]).map((rule, at) => compileRule(rule, at, problems));
  const [first] = compiled;
  const everything = targets.every((target) => first?.to.includes(target));
  if (first?.condition === undefined && everything) return { route: () => undefined, problems };
  return { route: (drafts) => drafts.map((draft) => targetsOf(compiled, draft)), problems };
}

/** The same, but drafts of domains that land in the archive go there and nowhere else. */
export function withArchive(
  route: Router,
  archive: string | undefined,
  targets: readonly string[],
): Router {
  if (archive === undefined) return route;
  return (drafts) => {
    const routed = route(drafts);
    if (!drafts.some(({ archived }) => archived)) return routed;
    return drafts.map(({ archived }, at) =>
      archived ? [archive] : (routed?.[at] ?? [...targets]),
    );
  };
}

interface CompiledRule {
  condition?: CompiledExpression;
  to: readonly string[];
}

function compileRule(rule: RouteRule, at: number, problems: RouteProblem[]): CompiledRule {
  if (rule.when === undefined) return { to: rule.to };
  try {
    const condition = compileExpression(rule.when, { input: { kind: 'fhir', lenient: true } });
    // FHIRPath takes any single value for true; a route may not.
    if (systemNameOf(condition.type) !== 'Boolean') {
      const message = 'The condition is not a yes-or-no expression.';
      const suggestion = 'end it with a comparison or with .exists()';
      problems.push({ rule: at, message, suggestion });
    }
    return { condition, to: rule.to };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, suggestion } = error;
    problems.push({ rule: at, message, ...(suggestion !== undefined && { suggestion }) });
    return { to: rule.to };
  }
}

function targetsOf(rules: readonly CompiledRule[], draft: Draft): string[] {
  let resource: unknown;
  for (const { condition, to } of rules) {
    if (condition === undefined) return [...to];
    resource ??= JSON.parse(draft.body);
    if (condition.one(resource as never, {}) === true) return [...to];
  }
  return [];
}
