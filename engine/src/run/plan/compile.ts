import type { Connector, ConnectorServices } from '../../model/connector.ts';
import type { Problem } from '../../model/problem.ts';
import type { Source } from '../../model/source.ts';
import type { Target, TargetCapabilities } from '../../model/target.ts';
import { compileRoutes, type Router } from '../routes.ts';
import { resolveEnvironment, type Judged, type ProjectText } from './read.ts';

/** A plan that names only what exists; building it opened nothing and changed nothing. */
export interface CompiledPlan {
  project: ProjectText;
  sources: ReadonlyMap<string, PlannedSource>;
  targets: ReadonlyMap<string, PlannedTarget>;
  route: Router;
}

export interface PlannedSource {
  create(services: ConnectorServices): Source;
  /** What the plan says of the source's values; mapping and facts need it. */
  settings: SourceValueSettings;
}

export interface SourceValueSettings {
  timeZone?: string;
  charset?: string;
  centuryPivot?: number;
  emptyIs?: 'null' | 'text';
}

export interface PlannedTarget {
  create(services: ConnectorServices): Target;
  capabilities: TargetCapabilities;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Connectors = ReadonlyMap<string, Connector>;

/**
 * Bind a plan to connectors and the environment, with every problem at once.
 * Messages name settings and variables, never the values they hold. An undo binds the targets alone:
 * the source it read from may be gone by then.
 */
export function compilePlan(
  project: ProjectText,
  connectors: Connectors,
  environment: Environment,
  ends: 'all' | 'targets' = 'all',
): Judged<CompiledPlan> {
  const problems: Problem[] = [];
  const binder = { project, connectors, environment, problems };
  const sources = new Map<string, PlannedSource>();
  const targets = new Map<string, PlannedTarget>();
  const wanted = ends === 'all' ? Object.entries(project.document.sources) : [];
  for (const [name, settings] of wanted) {
    const source = bindSource(binder, name, settings);
    if (source) sources.set(name, source);
  }
  for (const [name, settings] of Object.entries(project.document.targets)) {
    const target = bindTarget(binder, name, settings);
    if (target) targets.set(name, target);
  }
  const route = bindRoutes(project, problems);
  if (problems.length > 0) return { problems };
  return { value: { project, sources, targets, route }, problems };
}

interface Binder {
  project: ProjectText;
  connectors: Connectors;
  environment: Environment;
  problems: Problem[];
}

type Settings = { kind: string; [name: string]: unknown };

function bindSource(binder: Binder, name: string, settings: Settings): PlannedSource | undefined {
  const path = ['sources', name];
  const connector = connectorOf(binder, path, settings.kind, 'source');
  const configuration = connector && configure(binder, path, connector, settings);
  if (connector?.source === undefined || configuration === undefined) return undefined;
  const { source } = connector;
  const { timeZone, charset, centuryPivot, emptyIs } = settings as SourceValueSettings;
  return {
    create: (services) => source.create(configuration.value, services),
    settings: {
      ...(timeZone !== undefined && { timeZone }),
      ...(charset !== undefined && { charset }),
      ...(centuryPivot !== undefined && { centuryPivot }),
      ...(emptyIs !== undefined && { emptyIs }),
    },
  };
}

function bindTarget(binder: Binder, name: string, settings: Settings): PlannedTarget | undefined {
  const path = ['targets', name];
  const connector = connectorOf(binder, path, settings.kind, 'target');
  const configuration = connector && configure(binder, path, connector, settings);
  if (connector?.target === undefined || configuration === undefined) return undefined;
  const { target } = connector;
  return {
    create: (services) => target.create(configuration.value, services),
    capabilities: target.capabilities,
  };
}

function connectorOf(
  { project, connectors, problems }: Binder,
  path: readonly string[],
  kind: string,
  role: 'source' | 'target',
): Connector | undefined {
  const connector = connectors.get(kind);
  if (connector?.[role] !== undefined) return connector;
  const kinds = [...connectors.values()].filter((one) => one[role]).map((one) => one.kind);
  problems.push({
    file: 'handover.yaml',
    ...project.place([...path, 'kind']),
    code: 'connector-unknown',
    message: `No connector can be a ${role} of kind "${kind}".`,
    suggestion: `Kinds there are: ${kinds.toSorted().join(', ')}.`,
  });
  return undefined;
}

function configure(
  { project, environment, problems }: Binder,
  path: readonly string[],
  connector: Connector,
  settings: Settings,
): { value: unknown } | undefined {
  const before = problems.length;
  const own = Object.entries(settings).filter(([setting]) => setting !== 'kind');
  const resolved = resolveEnvironment(
    Object.fromEntries(own),
    environment,
    path,
    project,
    problems,
  );
  if (problems.length > before) return undefined;
  const parsed = connector.configuration.parse(resolved);
  if ('value' in parsed) return parsed;
  for (const problem of parsed.problems) {
    const at = problem.path === '' ? [] : problem.path.split('.');
    problems.push({
      file: 'handover.yaml',
      ...project.place([...path, ...at]),
      code: 'setting-invalid',
      message: `${[...path, ...at].join('.')}: ${problem.message}`,
    });
  }
  return undefined;
}

function bindRoutes(project: ProjectText, problems: Problem[]): Router {
  const names = Object.keys(project.document.targets);
  const rules = project.document.route;
  for (const [rule, { to }] of (rules ?? []).entries()) {
    for (const [at, name] of to.entries()) {
      if (names.includes(name)) continue;
      problems.push({
        file: 'handover.yaml',
        ...project.place(['route', rule, 'to', at]),
        code: 'target-unknown',
        message: `The plan has no target "${name}".`,
        suggestion: `Targets there are: ${names.join(', ')}.`,
      });
    }
  }
  const { route, problems: found } = compileRoutes(rules, names);
  for (const { rule, message } of found) {
    const place = project.place(['route', rule, 'when']);
    problems.push({ file: 'handover.yaml', ...place, code: 'route-condition', message });
  }
  return route;
}
