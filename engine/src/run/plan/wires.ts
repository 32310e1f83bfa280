import type { WireException } from '../../contract/gates.ts';
import { isUnsealed, wireTo, type Wire } from '../../model/wire.ts';
import type { Problem } from '../../model/problem.ts';
import { databaseWire } from '../../store/wire.ts';
import { resolveEnvironment, type ProjectText } from './read.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type PlanText = Pick<ProjectText, 'document' | 'place'>;

interface WireJudge {
  project: PlanText;
  environment: Environment;
  /** Of the system in the plan, such as `sources`, `clinic`. */
  path: readonly string[];
}

/**
 * A system that another machine keeps is reached over verified TLS, or by an exception that somebody
 * answers for. An exception that has ended is for who begins something: a run that began under it is
 * pinned to its plan and must come to an end.
 */
export function wireProblems(
  { project, environment, path }: WireJudge,
  wiresOf: () => Wire[] | undefined,
): Problem[] {
  const at = { file: 'handover.yaml', ...project.place(path) };
  let wires: Wire[];
  try {
    wires = wiresOf() ?? [];
  } catch {
    // The message may hold the URL.
    const message = `${path.join('.')}: its address, or a file of certificates in it, cannot be read.`;
    return [{ ...at, code: 'setting-invalid', message }];
  }
  // Node's own switch takes the check from every connection of the process.
  const isUnchecked = environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0';
  const open = wires.some((wire) => isUnsealed(wire) || (isUnchecked && wire.guard === 'verified'));
  if (!open || isExcepted(project, path)) return [];
  return [
    {
      ...at,
      code: 'wire-unsealed',
      message: `${path.join('.')} is reached over a network without verified TLS.`,
      suggestion: isUnchecked
        ? 'Unset NODE_TLS_REJECT_UNAUTHORIZED; name an authority in NODE_EXTRA_CA_CERTS instead.'
        : 'https://, sslmode=verify-full, or tls; else withoutTls: { owner, reason, expires }',
    },
  ];
}

/** The databases that the environment names: what Handover keeps, and its own targets. */
export function controlWireProblems(project: PlanText, environment: Environment): Problem[] {
  const urls = ['DATABASE_URL', 'HANDOVER_TARGET_URL'].flatMap((name) => environment[name] ?? []);
  return wireProblems({ project, environment, path: ['control'] }, () =>
    urls.map((url) => databaseWire({ url })),
  );
}

/** Where the audit log is forwarded to; undefined where the text is no address of a collector. */
export function siemWire(url: string): Wire | undefined {
  const address = URL.parse(url);
  const known = address !== null && /^(https?|tls|tcp):$/.test(address.protocol);
  const isWhole = known && (address.port !== '' || address.protocol.startsWith('http'));
  if (!isWhole || address.hostname === '' || address.username !== '') return undefined;
  return wireTo(address.hostname, /^(https|tls):$/.test(address.protocol) ? 'verified' : 'none');
}

/** The collector of the audit log, with its address as the environment gives it. */
export function siemProblems(project: PlanText, environment: Environment): Problem[] {
  const { siem } = project.document;
  if (siem === undefined) return [];
  const found: Problem[] = [];
  const { url } = resolveEnvironment(siem, environment, ['siem'], project, found) as typeof siem;
  if (found.length > 0) return found;
  const wire = siemWire(url);
  if (wire !== undefined)
    return wireProblems({ project, environment, path: ['siem'] }, () => [wire]);
  const message = 'siem.url: is no address of a collector';
  const suggestion = 'tls://siem.example:6514, tcp://127.0.0.1:601 or https://siem.example/v1/logs';
  const place = project.place(['siem', 'url']);
  return [{ file: 'handover.yaml', ...place, code: 'setting-invalid', message, suggestion }];
}

/** What keeps anchors, with its addresses as the environment gives them: all that is wrong with it. */
export function anchorProblems(project: PlanText, environment: Environment): Problem[] {
  return Object.entries(project.document.anchors).flatMap(([name, settings]) => {
    const path = ['anchors', name];
    const found: Problem[] = [];
    const resolved = resolveEnvironment(settings, environment, path, project, found);
    if (found.length > 0) return found;
    const wire = httpWire((resolved as { url: string }).url);
    if (wire !== undefined) return wireProblems({ project, environment, path }, () => [wire]);
    return [
      {
        file: 'handover.yaml',
        ...project.place([...path, 'url']),
        code: 'setting-invalid',
        message: `${path.join('.')}.url: is no address of a service`,
        suggestion: 'https://tsa.example/ or https://s3.eu-central-1.amazonaws.com',
      },
    ];
  });
}

/** An HTTP service; undefined where the text is no address of one. */
export function httpWire(url: string): Wire | undefined {
  const address = URL.parse(url);
  const isHttp = address !== null && /^https?:$/.test(address.protocol);
  if (!isHttp || address.hostname === '' || address.username !== '') return undefined;
  return wireTo(address.hostname, address.protocol === 'https:' ? 'verified' : 'none');
}

function isExcepted({ document }: PlanText, path: readonly string[]): boolean {
  return exceptionsOf(document).some(({ system }) => system === path.join('.'));
}

/** Every one of a plan, whether it is needed or not. */
export function exceptionsOf(document: ProjectText['document']): WireException[] {
  const { sources, targets, receivers, anchors, control, siem } = document;
  const named = Object.entries({ sources, targets, receivers, anchors }).flatMap(([end, systems]) =>
    Object.entries(systems).map(([name, settings]) => [`${end}.${name}`, settings] as const),
  );
  const single = Object.entries({ control, ...(siem && { siem }) });
  return [...named, ...single].flatMap(([system, { withoutTls }]) =>
    withoutTls === undefined ? [] : [{ system, ...withoutTls }],
  );
}

/** Exceptions that have ended by `today`, such as `2026-11-27`: nothing is begun under them. */
export function endedExceptions({ document, place }: PlanText, today: string): Problem[] {
  return exceptionsOf(document)
    .filter(({ expires }) => expires < today)
    .map(({ system, expires }) => ({
      file: 'handover.yaml',
      ...place([...system.split('.'), 'withoutTls']),
      code: 'exception-ended',
      message: `The exception that lets ${system} be reached without verified TLS ended on ${expires}.`,
      suggestion: 'Seal the way there, or have its owner renew it.',
    }));
}
