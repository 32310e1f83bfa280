import { sideEffectNames, type SideEffectLine } from '../../contract/sideEffects.ts';
import type { PlanDocument } from '../plan/schema.ts';

/**
 * How each target was asked to do nothing of its own accord, as the plan says. A target without an
 * address is a store of this program's or a folder, and does nothing.
 */
export function sideEffectLines({ targets }: Pick<PlanDocument, 'targets'>): SideEffectLine[] {
  return Object.entries(targets).flatMap(([target, settings]) => {
    if (settings['url'] === undefined) return [];
    const given = settings['sideEffects'];
    const ways = isRecord(given) ? given : {};
    return sideEffectNames.map((effect) => ({ target, effect, ...askedBy(ways[effect]) }));
  });
}

function askedBy(way: unknown): Pick<SideEffectLine, 'asked' | 'by'> {
  const { header, tag, agreed } = isRecord(way) ? way : {};
  // The value of a header may be a secret.
  if (typeof header === 'string') return { asked: 'header', by: header.split(':', 1)[0] as string };
  if (typeof tag === 'string') return { asked: 'tag', by: tag };
  if (typeof agreed === 'string') return { asked: 'agreed', by: agreed };
  return { asked: 'not asked', by: '' };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
