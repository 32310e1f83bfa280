import type { WrittenSegment } from '../../../formats/hl7v2/writer.ts';
import { standsFirm } from '../../chartItem.ts';
import { between } from '../../draw.ts';
import type { Person } from '../../people.ts';
import { createResults, decimal, type Result } from '../../tables/results.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { coded, instant, later, segment, type FeedMessage } from './message.ts';
import { clinician, patientSegment } from './people.ts';

/**
 * The laboratory: what was drawn at one time comes as one message, a group for each request. What was
 * corrected comes twice, first as it was thought to be; what is still preliminary comes as that.
 */
export function laboratory(world: World, person: Person): FeedMessage[] {
  const told = createResults(world, person).filter(
    (result) => standsFirm(result) && result.collected.day >= feedsFrom,
  );
  const draws = Map.groupBy(told, ({ collected, visitId }) => `${instant(collected)} ${visitId}`);
  return [...draws.values()].flatMap((results) => {
    const first = report(world, person, results, 95, asFirstTold);
    const corrected = results.filter(({ status }) => status === 'C' || status === 'E');
    if (corrected.length === 0) return [first];
    return [first, report(world, person, corrected, 2890, asItIs)];
  });
}

type Telling = (world: World, result: Result) => Told;

interface Told {
  number: string | null;
  /** HL7 table 0085. */
  status: string;
}

const statusOf = { P: 'P', F: 'F', C: 'C', X: 'X', E: 'W' } as const;

const asItIs: Telling = (_, { number, status }) => ({ number, status: statusOf[status] });

/** A number that was corrected later was another one before. */
const asFirstTold: Telling = (world, result) => {
  const { number, status, test } = result;
  if (status !== 'C' && status !== 'E') return asItIs(world, result);
  if (number === null || status === 'E') return { number, status: 'F' };
  const steps = between(world.draws('corrected', result.id), ...test.range);
  return { number: decimal(steps, test.digits), status: 'F' };
};

function report(
  world: World,
  person: Person,
  results: readonly Result[],
  delay: number,
  tell: Telling,
): FeedMessage {
  const sent = later(results[0]?.collected ?? { day: feedsFrom, minute: 0 }, delay);
  const groups = results.flatMap((result, at) => group(world, result, at + 1, tell, instant(sent)));
  const [first] = results;
  const visit =
    first?.visitId === null || first === undefined
      ? []
      : [
          segment('PV1', {
            1: '1',
            2: 'O',
            19: [String(first.visitId), '', '', 'RIVERSIDE', 'VN'],
          }),
        ];
  return {
    sent,
    type: 'ORU',
    event: 'R01',
    person,
    segments: [patientSegment(world, person, sent.day), ...visit, ...groups],
    makes: {
      Patient: 1,
      ...(visit.length > 0 && { Encounter: 1 }),
      ServiceRequest: results.length,
      DiagnosticReport: results.length,
      Observation: results.length,
    },
    tells: results.map(({ id }) => ({ table: 'results', key: String(id) })),
  };
}

function group(
  world: World,
  result: Result,
  set: number,
  tell: Telling,
  sent: string,
): WrittenSegment[] {
  const { order, test, collected, id } = result;
  const code = coded(test.local, test.text, [test.coding.code, 'LN']);
  const told = tell(world, result);
  const placer = order === undefined ? undefined : [String(order.id), 'RIVERSIDE'];
  const clinicianId = order?.providerId ?? null;
  const request = segment('OBR', {
    1: String(set),
    2: placer,
    3: [String(id), 'LABCORE'],
    4: code,
    7: instant(collected),
    16: clinicianId === null ? undefined : clinician(world, clinicianId),
    22: sent,
    25: told.status === 'W' ? 'C' : told.status,
  });
  const notes =
    result.remark === null ? [] : [segment('NTE', { 1: '1', 2: 'L', 3: result.remark })];
  return [request, observation(result, told, code), ...notes];
}

function observation(result: Result, told: Told, code: string[]): WrittenSegment {
  const { test, words, comparator, flag, collected } = result;
  const measured = told.number !== null;
  const limits = test.low === null ? `<${test.high}` : `${test.low}-${test.high}`;
  const kind = !measured ? 'ST' : comparator === null ? 'NM' : 'SN';
  return segment('OBX', {
    1: '1',
    2: kind,
    3: code,
    4: '1',
    5: kind === 'SN' ? [comparator, told.number] : (told.number ?? words ?? undefined),
    6: measured && test.unit ? [test.unit[1], test.unit[0], 'UCUM'] : undefined,
    7: test.high === null ? undefined : limits,
    8: flag ?? undefined,
    11: told.status,
    14: instant(collected),
  });
}
