import { parseCda } from '../../formats/cda.ts';
import { convertCda } from '../library/ccda/convert.ts';
import type { Resource } from '../library/resource.ts';
import { momentOf } from './moment.ts';
import { refused, type MappedDocument, type Standard } from './standard.ts';

const made = `
DocumentReference Composition Patient RelatedPerson Practitioner PractitionerRole Organization Device
Location Encounter AllergyIntolerance Condition MedicationStatement MedicationRequest
MedicationAdministration MedicationDispense Medication Immunization DiagnosticReport Observation Specimen
Procedure ServiceRequest DeviceUseStatement FamilyMemberHistory Goal CarePlan CareTeam Consent Coverage
`;

/** Clinical documents, by the C-CDA on FHIR guide. */
export const ccda: Standard = {
  name: 'ccda',
  mediaType: 'application/cda+xml',
  version: 1,
  // The document goes with what is made of it: a date that is none does not hold back a whole chart.
  holding: new Set(),
  resources: made.trim().split(/\s+/),
  map(bytes, settings): MappedDocument {
    if (bytes.length === 0) return refused('file-unread');
    const roots = parseCda(bytes);
    if ('code' in roots) return refused(roots.code, `character ${roots.offset}`);
    const [root] = roots;
    if (root?.name !== 'ClinicalDocument') return refused('cda-no-document');
    const id = root.child('id');
    const documentKey = `${id?.peek('root') ?? ''}|${id?.peek('extension') ?? ''}`;
    const own = new Set<string>();
    const identify = (key: string): string => {
      const found = settings.identify(key);
      // What has no id of its own is told apart by its document.
      if (key.includes(`|${documentKey}|`)) own.add(found);
      return found;
    };
    const converted = convertCda(roots, { bytes }, { identify, zone: settings.zone });
    if (converted.refused !== undefined) return refused(converted.refused);
    const written = root.child('effectiveTime')?.peek('value') ?? '';
    const { resources, unread, issues } = converted;
    const isOwn = (resource: Resource): boolean => own.has(resource.id);
    return { moment: momentOf([written], settings.zone), resources, unread, issues, isOwn };
  },
};
