import type { Connector } from '../../model/connector.ts';
import type { Problem } from '../../model/problem.ts';
import type { Wire, WireGuard } from '../../model/wire.ts';
import { databaseWire } from '../../store/wire.ts';
import { ownSettings } from './compile.ts';
import { resolveEnvironment, type ProjectText } from './read.ts';
import { httpWire, siemWire } from './wires.ts';

/** One host that Handover may connect to: what a firewall has to let through. */
export interface OutboundHost {
  /** Undefined: the environment lacks what its address is made of, or it cannot be read. */
  host: string | undefined;
  purpose: string;
  guard: WireGuard | undefined;
}

/** Every host that the plan and the environment name; nothing is opened. */
export function outboundHosts(
  project: ProjectText,
  connectors: ReadonlyMap<string, Connector>,
  environment: Readonly<Record<string, string | undefined>>,
): OutboundHost[] {
  const { sources, targets, receivers, siem, anchors } = project.document;
  const filled = (settings: unknown): unknown => {
    const missing: Problem[] = [];
    const value = resolveEnvironment(settings, environment, [], project, missing);
    return missing.length > 0 ? undefined : value;
  };
  const systems = Object.entries({ source: sources, target: targets }).flatMap(([end, named]) =>
    Object.entries(named).flatMap(([name, settings]) => {
      const wires = (): Wire[] | undefined => {
        const connector = connectors.get(settings.kind);
        if (connector?.wires === undefined) return [];
        const own = filled(ownSettings(settings));
        const parsed = own === undefined ? undefined : connector.configuration.parse(own);
        return parsed && 'value' in parsed ? connector.wires(parsed.value) : undefined;
      };
      return hostsOf(`${end} ${name}`, wires);
    }),
  );
  const databases = ['DATABASE_URL', 'HANDOVER_TARGET_URL'].flatMap((variable) => {
    const url = environment[variable];
    return url === undefined ? [] : hostsOf(variable, () => [databaseWire({ url })]);
  });
  const log = siem && hostsOf('audit log (siem)', () => addressWires(siemWire, filled(siem.url)));
  const keepers = Object.entries(anchors).flatMap(([name, settings]) =>
    hostsOf(`heads of the audit log (anchors.${name})`, () =>
      addressWires(httpWire, filled(settings?.url)),
    ),
  );
  const sent = Object.entries(receivers).map(([name, { address, withoutTls }]) => ({
    host: address,
    purpose: `receiver ${name}`,
    guard: withoutTls === undefined ? ('verified' as const) : ('none' as const),
  }));
  return [...systems, ...databases, ...(log ?? []), ...keepers, ...sent];
}

/** The message of what cannot be read may hold the address. */
function hostsOf(purpose: string, wiresOf: () => readonly Wire[] | undefined): OutboundHost[] {
  let wires: readonly Wire[] | undefined;
  try {
    wires = wiresOf();
  } catch {
    wires = undefined;
  }
  if (wires === undefined) return [{ host: undefined, purpose, guard: undefined }];
  return wires.map(({ host, guard }) => ({ host, purpose, guard }));
}

function addressWires(read: typeof siemWire, url: unknown): Wire[] | undefined {
  const wire = typeof url === 'string' ? read(url) : undefined;
  return wire && [wire];
}
