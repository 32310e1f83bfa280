import type { JsonObject } from '../../base/json.ts';
import { defaultComparisons, type HasColumn } from '../../linkage/comparisons.ts';
import type { Comparison } from '../../linkage/model.ts';
import { houseRules, personRules, practitionerRules, type PairRules } from '../../linkage/rules.ts';
import type { LinkedType } from '../../model/person.ts';
import type { ColumnRoles } from './inputs.ts';
import { houseIdentity, practitionerIdentity } from './people/houseRecords.ts';
import { identityOf } from './people/patientPeople.ts';
import type { RecordIdentity } from './people/recordIdentity.ts';

/** A kind of record that is linked: how the one engine reads, compares and judges it. */
export interface RecordKind {
  /**
   * @param stream stands for the authority of a number that names none.
   * @param trusted systems of the numbers that one chart alone has; of Patients only.
   */
  identityOf(resource: JsonObject, stream: string, trusted?: ReadonlySet<string>): RecordIdentity;
  rules: PairRules;
  /** Absent: columns are recognised by what they hold, as those of a file are. */
  roles?: ColumnRoles;
  comparisonsOf?: (has: HasColumn) => Comparison[];
}

const reachedBy: ColumnRoles = {
  street: 'street',
  city: 'locality',
  postcode: 'postcode',
  phone: 'phone',
  phone2: 'phone',
  email: 'email',
  national_id: 'identifier',
};

/** Who shares a house at work shares its telephone and address, and not the name. */
function comparisonsAtWork(has: HasColumn, name: string): Comparison[] {
  return defaultComparisons(has).map((one) =>
    one.name === 'family name' ? { ...one, name, shared: { by: 'chance', exact: 0.02 } } : one,
  );
}

const house: RecordKind = {
  identityOf: houseIdentity,
  rules: houseRules,
  roles: { family_name: 'family', ...reachedBy },
  comparisonsOf: (has) => comparisonsAtWork(has, 'name'),
};

export const recordKinds: Readonly<Record<LinkedType, RecordKind>> = {
  Patient: { identityOf, rules: personRules },
  Practitioner: {
    identityOf: practitionerIdentity,
    rules: practitionerRules,
    roles: {
      family_name: 'family',
      given_name: 'given',
      middle_name: 'middle',
      name_suffix: 'suffix',
      sex: 'sex',
      ...reachedBy,
    },
    comparisonsOf: (has) => comparisonsAtWork(has, 'family name'),
  },
  Organization: house,
  Location: house,
  HealthcareService: house,
};

/** @throws RangeError for a type that is not linked. */
export function kindOf(type: string): RecordKind {
  const kind = (recordKinds as Readonly<Record<string, RecordKind>>)[type];
  if (kind === undefined) throw new RangeError('resources of this type are not linked');
  return kind;
}
