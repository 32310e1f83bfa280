import { standsFirm } from '../../chartItem.ts';
import type { Person } from '../../people.ts';
import { createNotes, type Note } from '../../tables/notes.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { later, minute, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/** Transcription: notes with their text, a line to each OBX. */
export function transcription(world: World, person: Person): FeedMessage[] {
  return createNotes(world, person)
    .filter((note) => standsFirm(note) && note.sign !== 'X' && note.at.day >= feedsFrom)
    .map((note) => told(world, note));
}

function told(world: World, note: Note): FeedMessage {
  const { person, at, visitId, body, id, kind, title, authorId, sign } = note;
  const sent = later(at, 180);
  const visit = segment('PV1', {
    1: '1',
    2: 'O',
    19: [String(visitId), '', '', 'RIVERSIDE', 'VN'],
  });
  const document = segment('TXA', {
    1: '1',
    2: [kind, title ?? undefined, 'L'],
    3: 'TX',
    4: minute(at),
    6: minute(sent),
    9: clinician(world, authorId),
    12: [String(id), 'TRANSCR'],
    17: { S: 'AU', A: 'AU', U: 'DO', X: 'DO' }[sign],
    19: 'AV',
  });
  const lines = body.split(/\r?\n/).map((line, index) =>
    segment('OBX', {
      1: String(index + 1),
      2: 'TX',
      3: [kind, title ?? undefined, 'L'],
      5: line,
      11: 'F',
    }),
  );
  return {
    sent,
    type: 'MDM',
    event: 'T02',
    person,
    segments: [
      segment('EVN', { 2: minute(sent) }),
      patientSegment(world, person, sent.day),
      ...(visitId === null ? [] : [visit]),
      document,
      ...lines,
    ],
    makes: { Patient: 1, ...(visitId !== null && { Encounter: 1 }), DocumentReference: 1 },
    tells: [{ table: 'notes', key: String(id) }],
  };
}
