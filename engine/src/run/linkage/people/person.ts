/** Columns of people as messages and claims tell of them; all text, headed as files of people are. */
export const personColumns = [
  'record_key',
  'chart_number',
  'chart_authority',
  'other_chart',
  'other_authority',
  'third_chart',
  'third_authority',
  'fourth_chart',
  'fourth_authority',
  'family_name',
  'given_name',
  'middle_name',
  'name_suffix',
  'birth_date',
  'sex',
  'ssn',
  'street',
  'city',
  'postcode',
  'phone',
  'phone2',
  'email',
  'member_id',
  'national_id',
] as const;
export type PersonColumn = (typeof personColumns)[number];

/** What one record says of a person; what it is silent about is left out. */
export type PersonRow = Partial<Record<PersonColumn, string>>;

/** What a feed says of people: each as told last, and what only the messages together tell. */
export interface ToldPeople {
  rows: PersonRow[];
  /** Pairs of `record_key` that the source itself says are one (HL7 A40). */
  joined: (readonly [string, string])[];
  /** `record_key` of those whose name, birth date and sex or number all changed at once. */
  overlaid: string[];
}
