import { mutated, type Candidate, type Example, type Json } from './mutationFaults.ts';

type Change = (resource: Json) => boolean;

/** Ways to break an invariant of R4 or US Core; false where the resource has nothing to break. */
const changes: Readonly<Record<string, Change>> = {
  'per-1': (resource) =>
    within(resource, (each) => {
      if (typeof each['start'] !== 'string' || 'url' in each) return false;
      each['end'] = '1850-01-01';
      return true;
    }),
  'ext-1': (resource) =>
    within(resource, (each) => {
      if (typeof each['url'] !== 'string' || !Array.isArray(each['extension'])) return false;
      each['valueString'] = 'both';
      return true;
    }),
  'ext-1 empty': (resource) =>
    within(resource, (each) => {
      const key = Object.keys(each).find((name) => name.startsWith('value'));
      if (typeof each['url'] !== 'string' || key === undefined) return false;
      return delete each[key];
    }),
  'ref-1': (resource) =>
    within(resource, (each) => {
      if (typeof each['reference'] !== 'string') return false;
      each['reference'] = '#nothing';
      return true;
    }),
  'cpt-2': (resource) =>
    within(resource, (each) => {
      if (!['phone', 'email', 'fax'].includes(String(each['system'])) || !('value' in each))
        return false;
      return delete each['system'];
    }),
  'qty-3': (resource) =>
    within(resource, (each) => {
      if (each['system'] !== 'http://unitsofmeasure.org' || !('code' in each)) return false;
      return delete each['system'];
    }),
  'dom-2': (resource) => {
    resource['contained'] = [
      {
        resourceType: 'Basic',
        id: 'a',
        code: { text: 'x' },
        contained: [{ resourceType: 'Basic', id: 'b', code: { text: 'x' } }],
      },
    ];
    return true;
  },
  'dom-3': (resource) => {
    resource['contained'] = [{ resourceType: 'Basic', id: 'alone', code: { text: 'x' } }];
    return true;
  },
  'obs-6': (resource) => {
    if (resource['resourceType'] !== 'Observation') return false;
    if (!Object.keys(resource).some((key) => key.startsWith('value'))) return false;
    resource['dataAbsentReason'] = { text: 'absent' };
    return true;
  },
  'obs-7': (resource) => {
    if (resource['resourceType'] !== 'Observation' || !('valueQuantity' in resource)) return false;
    resource['component'] = [{ code: structuredClone(resource['code']), valueString: 'x' }];
    return true;
  },
  'us-core-2': (resource) => {
    const isLab = JSON.stringify(resource['meta']).includes('us-core-observation-lab');
    const key = Object.keys(resource).find((name) => name.startsWith('value'));
    if (!isLab || key === undefined || 'component' in resource || 'hasMember' in resource)
      return false;
    return delete resource[key];
  },
  'us-core-6': (resource) => {
    const [name] = (resource['name'] as Json[] | undefined) ?? [];
    if (resource['resourceType'] !== 'Patient' || name === undefined) return false;
    resource['name'] = [{ use: 'official' }];
    return true;
  },
  'pat-1': (resource) => {
    if (resource['resourceType'] !== 'Patient') return false;
    resource['contact'] = [{ gender: 'female' }];
    return true;
  },
  'ait-1': (resource) =>
    resource['resourceType'] === 'AllergyIntolerance' && delete resource['clinicalStatus'],
  'con-4': (resource) => {
    if (resource['resourceType'] !== 'Condition' || !('abatementDateTime' in resource))
      return false;
    resource['clinicalStatus'] = {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
      ],
    };
    return true;
  },
  'con-5': (resource) => {
    if (resource['resourceType'] !== 'Condition' || !('clinicalStatus' in resource)) return false;
    resource['verificationStatus'] = {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
          code: 'entered-in-error',
        },
      ],
    };
    return true;
  },
  'imm-1': (resource) => {
    if (resource['resourceType'] !== 'Immunization') return false;
    resource['education'] = [{ publicationDate: '2020' }];
    return true;
  },
  'att-1': (resource) =>
    within(resource, (each) => {
      if (typeof each['contentType'] !== 'string' || typeof each['data'] !== 'string') return false;
      return delete each['contentType'];
    }),
  'rng-2': (resource) =>
    within(resource, (each) => {
      const low = each['low'] as { value?: unknown } | undefined;
      const high = each['high'] as { value?: unknown } | undefined;
      if (typeof low?.value !== 'number' || typeof high?.value !== 'number') return false;
      low.value = high.value + 1;
      return !('referenceRange' in resource);
    }),
  'txt-1': (resource) => {
    const text = resource['text'] as Json | undefined;
    if (typeof text?.['div'] !== 'string') return false;
    text['div'] = '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>';
    return true;
  },
  'txt-2': (resource) => {
    const text = resource['text'] as Json | undefined;
    if (typeof text?.['div'] !== 'string') return false;
    text['div'] = '<div xmlns="http://www.w3.org/1999/xhtml"> </div>';
    return true;
  },
};

export function invariantFaults(example: Example): Candidate[] {
  return Object.entries(changes).flatMap(([fault, change]) =>
    mutated(example, 'invariant', fault, change),
  );
}

/** Make a change in the first object that it fits, anywhere in a resource. */
function within(value: unknown, change: Change): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value) && change(value as Json)) return true;
  return Object.values(value).some((each) => within(each, change));
}
