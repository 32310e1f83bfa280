import type { Random } from '../../../base/random.ts';
import { charsetOf, type Charset } from '../../../formats/hl7v2/charset.ts';
import { writeSegments, type WrittenSegment } from '../../../formats/hl7v2/writer.ts';
import { between, chance } from '../../draw.ts';
import type { World } from '../../world.ts';
import { patientOf, personsOfBlock, type FeedFile, type FeedTruth } from '../feed.ts';
import { layOut, type Piece } from './layout.ts';
import { instant, minute, segment, type FeedMessage } from './message.ts';
import { senders, type Sender } from './senders.ts';
import { spoils, type Spoil } from './spoils.ts';

/** Patients whose messages stand in one file, in order of time: memory stays flat. */
export const patientsPerFile = 250;

/** The files of all senders for a block of patients. */
export function* messageFiles(world: World, block: number, planted: boolean): Generator<FeedFile> {
  for (const sender of senders) {
    const sent: FeedMessage[] = [];
    for (const person of personsOfBlock(world, block, patientsPerFile)) {
      if (!person.deleted) sent.push(...sender.messages(world, person));
    }
    if (sent.length > 0) yield fileOf(world, sender, block, inOrder(sent), planted);
  }
}

function inOrder(messages: readonly FeedMessage[]): FeedMessage[] {
  return messages.toSorted(
    ({ sent: one }, { sent: other }) => one.day - other.day || one.minute - other.minute,
  );
}

function fileOf(
  world: World,
  sender: Sender,
  block: number,
  messages: readonly FeedMessage[],
  planted: boolean,
): FeedFile {
  const random = world.draws(`feed/${sender.name}`, block);
  const number = String(block + 1).padStart(4, '0');
  const path = `hl7v2/${sender.name}-${number}.hl7`;
  const own = planted ? spoils.filter((spoil) => spoil.sender === sender.name) : [];
  const waiting = own.map((spoil, at) => ({
    spoil,
    from: Math.floor((messages.length * (at + random.next())) / (own.length + 1)),
  }));
  const pieces = messages.map((message, at): Piece => {
    const control = `${sender.application.slice(0, 3)}${number}${String(at + 1).padStart(6, '0')}`;
    const piece = pieceOf(sender, message, control, path);
    const next = waiting.findIndex(({ from }) => from <= at);
    const spoilt =
      next < 0 ? undefined : spoiltBy(piece, message, waiting[next]?.spoil as Spoil, sender);
    if (spoilt !== undefined) waiting.splice(next, 1);
    return spoilt ?? piece;
  });
  const all = withResends(random, pieces);
  const torn = planted && sender.layout === 'blocks' ? [tornMessage(all[0] as Piece)] : [];
  const bytes = Buffer.concat([...torn.map((piece) => piece.bytes), ...layOut(sender, all)]);
  return { path, bytes, truths: [...torn, ...all].map(({ truth }) => truth) };
}

function pieceOf(sender: Sender, message: FeedMessage, control: string, path: string): Piece {
  const { type, event, person, makes, tells, sent } = message;
  const truth: FeedTruth = {
    file: path,
    key: control,
    kind: `${type}^${event}`,
    outcome: 'arrives',
    patient: patientOf(person),
    tells: [...tells],
    makes,
  };
  return { bytes: written(sender, message, control, message.segments), day: sent.day, truth };
}

function spoiltBy(
  { truth, day }: Piece,
  message: FeedMessage,
  { name, reason, segments: change, bytes: garble, makes }: Spoil,
  sender: Sender,
): Piece | undefined {
  const segments = change === undefined ? message.segments : change(message.segments);
  if (segments === undefined) return undefined;
  const sound = written(sender, message, truth.key, segments);
  const bytes = garble === undefined ? sound : garble(sound);
  if (bytes === undefined) return undefined;
  const left = makes === undefined ? message.makes : makes(message.makes);
  return { bytes, day, truth: { ...truth, makes: left, defect: name, reason } };
}

/** Names of message structures, by type, since version 2.3.1. */
const structures: Readonly<Record<string, string>> = {
  ORU: 'ORU_R01',
  SIU: 'SIU_S12',
  VXU: 'VXU_V04',
  MDM: 'MDM_T02',
  DFT: 'DFT_P03',
};

function written(
  sender: Sender,
  message: FeedMessage,
  control: string,
  segments: readonly WrittenSegment[],
): Buffer {
  const { marks, application, version, zoned } = sender;
  const { type, event, sent } = message;
  const narrow = sender.charset === 'narrow' && isNarrow(segments);
  const charset = narrow ? '8859/1' : 'UNICODE UTF-8';
  const header = segment('MSH', {
    3: application,
    4: 'RIVERSIDE',
    5: 'ENGINE',
    6: 'RIVERSIDE',
    7: zoned ? instant(sent) : minute(sent),
    9: [type, event, structures[type]],
    10: control,
    11: 'P',
    12: version,
    18: sender.charset === 'silent' ? undefined : charset,
  });
  return writeSegments([header, ...segments], { marks, charset });
}

const latin1 = charsetOf('8859/1') as Charset;

function isNarrow(segments: readonly WrittenSegment[]): boolean {
  return latin1.encode(JSON.stringify(segments)) !== undefined;
}

/**
 * A sender that has no acknowledgement sends again: at once, or when its queue is worked off, long
 * after newer messages.
 */
function withResends(random: Random, pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  const queued: { piece: Piece; at: number }[] = [];
  for (const [at, piece] of pieces.entries()) {
    all.push(piece);
    for (const late of queued.filter((each) => each.at === at))
      all.push(again(late.piece, piece.day));
    if (piece.truth.defect !== undefined) continue;
    if (chance(random, 0.01)) all.push(again(piece, piece.day));
    else if (chance(random, 0.006)) queued.push({ piece, at: at + between(random, 3, 60) });
  }
  return all;
}

function again({ bytes, truth }: Piece, day: number): Piece {
  return { bytes, day, truth: { ...truth, outcome: 'repeated' } };
}

/** The archive was cut in the middle of a message: its head stands in a file that is gone. */
function tornMessage({ bytes, day, truth }: Piece): Piece {
  const { file, kind } = truth;
  const told = { file, key: 'torn', kind, outcome: 'refused' } as const;
  return {
    bytes: bytes.subarray(bytes.indexOf('\r') + 1),
    day,
    truth: { ...told, defect: 'message-torn', reason: 'hl7v2-no-message' },
  };
}
