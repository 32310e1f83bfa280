import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { chance, pick } from '../draw.ts';
import { drawFamilyName, drawFemaleName, drawMaleName } from '../names.ts';
import { ageOn, lastDay, type Person } from '../people.ts';
import { drawAddress, drawPhone, type Address } from '../places.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';

export interface Guarantor extends ChartItem {
  family: string;
  given: string;
  relation: 'P' | 'S' | 'G' | 'C';
  address: Address;
  phone: string;
}

const range = { table: 'guarantors', first: 12_000_000, perPatient: 4 };

/** Who answers for the bill, where it is not the patient. */
export const guarantors: Table = chartTable<Guarantor>({
  name: 'guarantors',
  note: 'Guarantors who are not the patient',
  type: 'RelatedPerson',
  items: createGuarantors,
  fields: [
    keyField('guar_id'),
    patientField,
    { name: 'last_nm', type: 'varchar(40)', of: ({ family }) => family },
    { name: 'first_nm', type: 'varchar(40)', of: ({ given }) => given },
    {
      name: 'rel_cd',
      type: 'varchar(2)',
      note: 'to the patient: P parent S spouse G guardian C child',
      of: ({ relation }) => relation,
    },
    { name: 'addr_1', type: 'varchar(60)', of: ({ address }) => address.line1 },
    { name: 'city', type: 'varchar(40)', of: ({ address }) => address.city },
    { name: 'state_cd', type: 'varchar(2)', of: ({ address }) => address.state },
    { name: 'zip', type: 'varchar(10)', of: ({ address }) => address.postalCode },
    { name: 'phone', type: 'varchar(20)', of: ({ phone }) => phone },
  ],
  expect: ({ person, family, given, relation, address, phone }) => ({
    subject: refer('pt_demog', person.id),
    family,
    given: [given],
    active: true,
    'related-role': [{ P: 'PRN', S: 'SPS', G: 'GUARD', C: 'CHILD' }[relation], 'GUAR'],
    'address-line': [address.line1],
    city: address.city,
    state: address.state,
    'postal-code': address.postalCode,
    phone: [phone],
  }),
});

export function createGuarantors(world: World, person: Person): Guarantor[] {
  const minor = ageOn(lastDay, person.birth) < 18;
  return chartItems(
    world,
    person,
    range,
    (random) => (minor || chance(random, 0.08) ? 1 : 0),
    (random, base) => ({
      ...base,
      deleted: person.deleted,
      family: chance(random, 0.7) ? person.family : drawFamilyName(random),
      given: chance(random, 0.6) ? drawFemaleName(random) : drawMaleName(random),
      relation: minor ? pick(random, ['P', 'P', 'P', 'G']) : pick(random, ['S', 'S', 'C', 'G']),
      address: chance(random, 0.8) ? person.address : drawAddress(random),
      phone: drawPhone(random),
    }),
  );
}
