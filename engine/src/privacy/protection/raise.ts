import type { Json, JsonObject } from '../../base/json.ts';
import { isRestriction } from './restrictions.ts';

const sensitivity = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
const restriction = 'urn:handover:restriction';

/** From unrestricted to very restricted (HL7 v3-Confidentiality). */
const levels = ['U', 'L', 'M', 'N', 'R', 'V'];

/**
 * A resource with these guards among its security labels, restricted at least. What it says already stays:
 * a label is added and never taken away, and confidentiality only rises. Psychotherapy notes are very restricted.
 */
export function raise(resource: JsonObject, guards: readonly string[]): JsonObject {
  const meta = isObject(resource['meta']) ? resource['meta'] : {};
  const before = Array.isArray(meta['security']) ? meta['security'] : [];
  const level = guards.includes('PSYTHPN') ? 'V' : 'R';
  const kept = before.filter((one) => !isLower(one, level));
  const had = kept.some((one) => systemOf(one) === confidentiality);
  const added = guards
    .map((code) => ({ system: isRestriction(code) ? restriction : sensitivity, code }))
    .filter(
      ({ system, code }) => !kept.some((one) => systemOf(one) === system && codeOf(one) === code),
    );
  const labels = [...kept, ...(had ? [] : [{ system: confidentiality, code: level }]), ...added];
  return { ...resource, meta: { ...meta, security: labels } };
}

function isLower(label: Json, than: string): boolean {
  const level = systemOf(label) === confidentiality ? levels.indexOf(codeOf(label) ?? '') : -1;
  return level !== -1 && level < levels.indexOf(than);
}

/** Guards that a resource carries from the source already. */
export function guardsIn(resource: JsonObject): string[] {
  const meta = isObject(resource['meta']) ? resource['meta'] : {};
  const labels = Array.isArray(meta['security']) ? meta['security'] : [];
  return labels.flatMap((label) => {
    const system = systemOf(label);
    return system === sensitivity || system === restriction ? (codeOf(label) ?? []) : [];
  });
}

const systemOf = (label: Json): string | undefined => textAt(label, 'system');
const codeOf = (label: Json): string | undefined => textAt(label, 'code');

function textAt(label: Json, name: string): string | undefined {
  const value = isObject(label) ? label[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
