import { usualDelimiters, type Delimiters } from '../../../formats/hl7v2/delimiters.ts';
import type { Person } from '../../people.ts';
import type { World } from '../../world.ts';
import { admissions } from './admissions.ts';
import { scheduling } from './appointments.ts';
import { charging } from './charges.ts';
import type { FeedMessage } from './message.ts';
import { transcription } from './notes.ts';
import { pharmacy } from './prescriptions.ts';
import { laboratory } from './results.ts';
import { shots } from './shots.ts';

/** A system that sends, with the habits of its vendor and of the year in which it was bought. */
export interface Sender {
  /** Of its files: `adt-0001.hl7`. */
  name: string;
  application: string;
  version: string;
  marks: Delimiters;
  /**
   * What MSH-18 says. `silent`: nothing, and the bytes are UTF-8 all the same; `narrow`: 8859/1 where
   * the message has no other letters.
   */
  charset: 'silent' | 'narrow' | 'UNICODE UTF-8';
  /** Whether MSH-7 has the offset from UTC. */
  zoned: boolean;
  /** How messages stand in a file. */
  layout: 'batches' | 'blocks' | 'lines';
  messages: (world: World, person: Person) => FeedMessage[];
}

const usual = { marks: usualDelimiters, charset: 'UNICODE UTF-8', zoned: true } as const;

export const senders: readonly Sender[] = [
  {
    ...usual,
    name: 'adt',
    application: 'REGADT',
    version: '2.3',
    charset: 'silent',
    zoned: false,
    layout: 'batches',
    messages: admissions,
  },
  // Kept as they came over the wire, between the marks of MLLP.
  {
    ...usual,
    name: 'lab',
    application: 'LABCORE',
    version: '2.5.1',
    layout: 'blocks',
    messages: laboratory,
  },
  {
    ...usual,
    name: 'scheduling',
    application: 'BOOKS',
    version: '2.4',
    marks: { ...usualDelimiters, field: '#', component: '*', repetition: '!' },
    zoned: false,
    layout: 'lines',
    messages: scheduling,
  },
  {
    ...usual,
    name: 'shots',
    application: 'VAXREG',
    version: '2.5.1',
    layout: 'lines',
    messages: shots,
  },
  {
    ...usual,
    name: 'notes',
    application: 'TRANSCR',
    version: '2.5',
    charset: 'narrow',
    zoned: false,
    layout: 'blocks',
    messages: transcription,
  },
  {
    ...usual,
    name: 'pharmacy',
    application: 'PHARM',
    version: '2.3.1',
    zoned: false,
    layout: 'batches',
    messages: pharmacy,
  },
  {
    ...usual,
    name: 'charges',
    application: 'CHARGES',
    version: '2.5',
    zoned: false,
    layout: 'batches',
    messages: charging,
  },
];
