import { timeZone as zoneOf } from '../../formats/zones.ts';
import type { Connector, ConnectorServices } from '../../model/connector.ts';
import type { Problem } from '../../model/problem.ts';
import type { Source } from '../../model/source.ts';
import type { Target, TargetCapabilities } from '../../model/target.ts';
import { stewardshipShape } from './gates.ts';
import { anchorProblems, controlWireProblems, siemProblems, wireProblems } from './wires.ts';
import { compileRoutes, withArchive, type Router, type RouteRule } from '../routes.ts';
import { liesIn, planBarrier, type Barrier } from './barrier.ts';
import { existingProblems } from './existing.ts';
import { protectionProblems } from './protectionProblems.ts';
import { holdsVariable, resolveEnvironment, type Judged, type ProjectText } from './read.ts';
import { fixFor } from './shape.ts';

/** A plan that names only what exists; building it opened nothing and changed nothing. */
export interface CompiledPlan {
  project: ProjectText;
  sources: ReadonlyMap<string, PlannedSource>;
  targets: ReadonlyMap<string, PlannedTarget>;
  route: Router;
  /** What a target may not hold. */
  barrier: Barrier;
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
  /** It has something of its own, which is linked to. */
  existing: boolean;
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
  problems.push(
    ...controlWireProblems(project, environment),
    ...siemProblems(project, environment),
    ...anchorProblems(project, environment),
  );
  const route = bindRoutes(project, problems);
  problems.push(...protectionProblems(project));
  problems.push(...existingProblems(project, targets));
  if (problems.length > 0) return { problems };
  const keepsLabels = (name: string): boolean => targets.get(name)?.capabilities.labels === true;
  const barrier = planBarrier(project.document, keepsLabels);
  return { value: { project, sources, targets, route, barrier }, problems };
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
  return {
    create: (services) => source.create(configuration.value, services),
    settings: valueSettings(settings),
  };
}

/**
 * Settings of the sources of one kind, as their connector has them; nothing else of the plan is bound
 * or judged.
 */
export function sourcesOfKind<C>(
  project: ProjectText,
  connector: Connector<C>,
  environment: Environment,
): Judged<ReadonlyMap<string, C>> {
  const problems: Problem[] = [];
  const connectors = new Map([[connector.kind, connector as Connector]]);
  const binder = { project, connectors, environment, problems };
  const found = new Map<string, C>();
  for (const [name, settings] of Object.entries(project.document.sources)) {
    if (settings.kind !== connector.kind) continue;
    const configured = configure(binder, ['sources', name], connector, settings);
    if (configured !== undefined) found.set(name, configured.value as C);
  }
  return problems.length > 0 ? { problems } : { value: found, problems };
}

function valueSettings(settings: Settings): SourceValueSettings {
  const { timeZone, charset, centuryPivot, emptyIs } = settings as SourceValueSettings;
  return {
    ...(timeZone !== undefined && { timeZone }),
    ...(charset !== undefined && { charset }),
    ...(centuryPivot !== undefined && { centuryPivot }),
    ...(emptyIs !== undefined && { emptyIs }),
  };
}

/** What mappings need of a plan: nothing of it has to be reachable, or even be there. */
export interface MappingPlan {
  project: ProjectText;
  sources: ReadonlyMap<string, Pick<PlannedSource, 'settings'>>;
}

/**
 * The same plan without its connectors and the environment. A time zone that there is not is one problem,
 * told of the plan, and not one at every date of every mapping: UTC stands in for it.
 */
export function mappingPlan(project: ProjectText): MappingPlan & { problems: Problem[] } {
  const problems: Problem[] = [];
  const sources = Object.entries(project.document.sources).map(([name, written]) => {
    const settings = valueSettings(written);
    if (settings.timeZone === undefined || zoneOf(settings.timeZone)) {
      return [name, { settings }] as const;
    }
    const place = project.place(['sources', name, 'timeZone']);
    const message = `"${settings.timeZone}" is not an IANA time zone.`;
    const suggestion = 'such as America/Chicago';
    const code = 'time-zone-unknown';
    problems.push({ file: 'handover.yaml', ...place, code, message, suggestion });
    return [name, { settings: { ...settings, timeZone: 'UTC' } }] as const;
  });
  return { project, sources: new Map(sources), problems };
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
    existing: settings['existing'] === 'link',
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
  const found: Problem[] = [];
  const resolved = resolveEnvironment(
    ownSettings(settings),
    environment,
    path,
    project,
    found,
  ) as Readonly<Record<string, unknown>>;
  problems.push(...found);
  const parsed = connector.configuration.parse(resolved);
  if ('value' in parsed) {
    if (found.length > 0) return undefined;
    const open = wireProblems({ project, environment, path }, () =>
      connector.wires?.(parsed.value),
    );
    problems.push(...open);
    return open.length > 0 ? undefined : parsed;
  }
  const shape = connector.configuration.jsonSchema();
  for (const { path: setting, message } of parsed.problems) {
    const at = setting === '' ? [] : setting.split('.');
    // What a variable holds that is not set cannot be judged.
    if (found.length > 0 && holdsVariable(resolved[at[0] ?? ''])) continue;
    const missing = message.endsWith('received undefined');
    const fix = fixFor(shape, at);
    problems.push({
      file: 'handover.yaml',
      ...project.place([...path, ...at]),
      code: 'setting-invalid',
      message: `${[...path, ...at].join('.')}: ${missing ? 'is missing' : message}`,
      ...(fix !== undefined && { suggestion: fix }),
    });
  }
  return undefined;
}

/** What a connector is asked about of the settings of a system. */
export function ownSettings(settings: Settings): Record<string, unknown> {
  const own = Object.entries(settings).filter(([setting]) => !judgedByPlan.has(setting));
  return Object.fromEntries(own);
}

/** What is said of every source and target alike: no connector is asked about it. */
const judgedByPlan = new Set(['kind', 'enforces', 'existing', ...Object.keys(stewardshipShape)]);

/** A rule of `route:` without the targets that lie outside its jurisdictions. */
function underLaws({
  document,
}: ProjectText): (rule: RouteRule & { within?: readonly string[] | undefined }) => RouteRule {
  return ({ when, to, within }) => ({
    when,
    to: within
      ? to.filter((name) => liesIn(document.targets[name]?.jurisdiction ?? '', within))
      : to,
  });
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
  const { route, problems: found } = compileRoutes(rules?.map(underLaws(project)), names);
  for (const { rule, ...told } of found) {
    const place = project.place(['route', rule, 'when']);
    problems.push({ file: 'handover.yaml', ...place, code: 'route-condition', ...told });
  }
  return withArchive(route, project.document.scope?.archive, names);
}
