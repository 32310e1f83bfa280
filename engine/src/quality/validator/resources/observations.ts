import { listOf } from '../bundleIndex.ts';
import type { Services } from '../services.ts';
import { isObject, type FhirJson } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** R4 §10.1.13: observations with these LOINC codes conform to the profiles of vital signs. */
const vitalSigns: Readonly<Record<string, string>> = {
  '85353-1': 'vitalspanel',
  '9279-1': 'resprate',
  '8867-4': 'heartrate',
  '2708-6': 'oxygensat',
  '8310-5': 'bodytemp',
  '8302-2': 'bodyheight',
  '9843-4': 'headcircum',
  '29463-7': 'bodyweight',
  '39156-5': 'bmi',
  '85354-9': 'bp',
};

export function observationRule({ profiles }: Services) {
  return (observation: FhirJson, walk: Walk): void => {
    const { code } = observation;
    // A draft is what an old system had: it is a vital sign by R4's profile where it says so itself.
    if (!isObject(code) || walk.demands.draft) return;
    for (const coding of listOf(code['coding'])) {
      const own = coding['code'];
      if (coding['system'] !== 'http://loinc.org' || typeof own !== 'string') continue;
      const profile = Object.hasOwn(vitalSigns, own) ? vitalSigns[own] : undefined;
      if (profile === undefined) continue;
      profiles.run(`http://hl7.org/fhir/StructureDefinition/${profile}`, observation, walk);
    }
  };
}
