import { toJson, type JsonObject } from '../../base/json.ts';
import { seededRandom, type Random } from '../../base/random.ts';
import { chance, pick } from '../draw.ts';
import { drawFamilyName, drawMaleName } from '../names.ts';
import { drawAddress, drawPhone } from '../places.ts';
import { createProvider, type Provider } from '../staff.ts';

/** An entry of one directory of the region, as a resource (FHIR R4), and whom or what it truly is of. */
export interface DirectoryEntry {
  kind: 'Practitioner' | 'Organization';
  directory: Directory;
  entity: number;
  resource: JsonObject;
}

const directories = ['registration', 'clinic', 'laboratory', 'claims'] as const;
export type Directory = (typeof directories)[number];

/** How many of those there are each directory knows. */
const known: Readonly<Record<Directory, number>> = {
  registration: 0.9,
  clinic: 0.6,
  laboratory: 0.35,
  claims: 0.7,
};

const npiSystem = 'http://hl7.org/fhir/sid/us-npi';

/**
 * The practitioners and insurers of a region as four directories have them: without numbers, with a digit
 * wrong, with a colleague's number, under a former or a short name, twice, no longer in use; and fathers and
 * sons of one name in one practice, and plans of one name in two states.
 */
export function directoryEntries(options: { providers: number; seed: string }): DirectoryEntry[] {
  return [...practitioners(options), ...insurers(options)];
}

function practitioners({ providers, seed }: { providers: number; seed: string }): DirectoryEntry[] {
  const found: DirectoryEntry[] = [];
  let former: Provider | undefined;
  for (let entity = 0; entity < providers; entity++) {
    const random = seededRandom(`practitioner ${seed} ${entity}`);
    const own = createProvider(random, entity);
    const isSon = former !== undefined && entity % 25 === 1;
    const provider = isSon ? { ...own, family: former!.family, given: former!.given } : own;
    const phone = isSon ? former!.phone : provider.phone;
    for (const directory of directories) {
      if (!chance(random, known[directory])) continue;
      const entry = { ...provider, phone: chance(random, 0.6) ? phone : drawPhone(random) };
      // Whoever has the name and the number of another is that other, by all that can be known.
      const colleague = former && !isSon && chance(random, 0.01) ? former.npi : undefined;
      found.push(practitioner(random, directory, entity, entry, colleague));
      if (directory === 'registration' && chance(random, 0.04)) {
        found.push(practitioner(random, directory, entity, { ...entry, active: false }, undefined));
      }
    }
    former = provider;
  }
  return found;
}

function practitioner(
  random: Random,
  directory: Directory,
  entity: number,
  provider: Provider,
  colleague: string | undefined,
): DirectoryEntry {
  const npi = colleague ?? numberIn(random, directory, provider.npi);
  const family = chance(random, 0.03) ? drawFamilyName(random) : provider.family;
  const given = givenIn(random, provider.given);
  const capitals = directory === 'claims' || directory === 'laboratory';
  const written = (name: string): string => (capitals ? name.toUpperCase() : name);
  const resource = {
    resourceType: 'Practitioner',
    ...(directory === 'registration' && { active: provider.active }),
    identifier: [
      { system: `urn:${directory}:provider`, value: `${provider.id}-${random.integer(9)}` },
      ...(npi === undefined ? [] : [{ system: npiSystem, value: npi }]),
    ],
    name: [
      {
        family: written(family),
        given: [written(given), ...(provider.middle === null ? [] : [provider.middle])],
      },
    ],
    telecom: [{ system: 'phone', value: provider.phone }],
  };
  return { kind: 'Practitioner', directory, entity, resource: toJson(resource) as JsonObject };
}

/** Claims have every number; elsewhere some are missing, and some have a digit wrong. */
function numberIn(random: Random, directory: Directory, npi: string): string | undefined {
  const draw = random.next();
  if (directory !== 'claims' && draw < 0.08) return undefined;
  if (draw > 0.98) return `${npi.slice(0, 9)}${(Number(npi[9]) + 1) % 10}`;
  return npi;
}

function givenIn(random: Random, given: string): string {
  const draw = random.next();
  if (draw < 0.06) return `${given[0]}`;
  if (draw < 0.08) return drawMaleName(random);
  return given;
}

const names = [
  'Meridian Health',
  'Prairie Mutual',
  'Blue Harbor',
  'Lakeshore Benefit',
  'Cornerstone Life',
  'Unity & Trust',
  'Great Plains Care',
  'First Physicians',
] as const;
const states = ['', ' of Illinois', ' of Indiana', ' of Wisconsin', ' of Iowa'] as const;
const forms = ['', ', Inc.', ' Inc', ' LLC', ' Company'] as const;

function insurers({ seed }: { seed: string }): DirectoryEntry[] {
  const all = names.flatMap((name) => states.map((state) => `${name}${state}`));
  return all.flatMap((name, entity) => {
    const random = seededRandom(`insurer ${seed} ${entity}`);
    const payer = String(60_000 + entity * 7);
    const address = drawAddress(random);
    return directories.flatMap((directory) => {
      if (!chance(random, known[directory])) return [];
      const written = `${name}${pick(random, forms)}`;
      const at = chance(random, 0.7) ? address : drawAddress(random);
      const resource = {
        resourceType: 'Organization',
        identifier: [
          { system: `urn:${directory}:payer`, value: `${directory[0]}${entity}` },
          ...(chance(random, 0.1) ? [] : [{ system: 'urn:naic', value: payer }]),
        ],
        name: directory === 'claims' ? written.toUpperCase().replaceAll('&', 'and') : written,
        address: [{ line: [at.line1], city: at.city, state: at.state, postalCode: at.postalCode }],
      };
      return [
        { kind: 'Organization', directory, entity, resource: toJson(resource) as JsonObject },
      ] satisfies DirectoryEntry[];
    });
  });
}
