import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Detector } from '../../src/privacy/detector.ts';
import { markedNotes } from './notes.ts';

const detector = new Detector();

/** What is found, as `kind text`. */
function found(text: string): string[] {
  return detector.find(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

describe('identifiers in texts', () => {
  it('finds nearly all that identifies a patient in the notes of the sample hospital', () => {
    const notes = markedNotes(120, 'privacy');
    let places = 0;
    const missed: string[] = [];
    for (const { text, known, places: marked } of notes) {
      const spans = detector.find(text, known);
      for (const { start, end, what } of marked) {
        places++;
        const covered = Array.from({ length: end - start }, (_, at) => start + at).filter(
          (at) =>
            !/[\p{L}\d]/u.test(text[at]!) ||
            spans.some((span) => span.start <= at && at < span.end),
        );
        if (covered.length < end - start) missed.push(what);
      }
    }
    assert.ok(places > 300, `${places} places`);
    const recall = 1 - missed.length / places;
    const causes = Object.entries(Object.groupBy(missed, (what) => what)).map(([what, all]) => [
      what,
      all?.length,
    ]);
    assert.ok(recall >= 0.99, `recall ${recall.toFixed(4)}: ${JSON.stringify(causes)}`);
  });

  it('knows numbers by their check digits and by the words before them', () => {
    assert.deepEqual(found('card 4111 1111 1111 1111'), ['card 4111 1111 1111 1111']);
    assert.deepEqual(found('SSN 219-09-9999'), ['ssn 219-09-9999']);
    assert.deepEqual(found('send it to DE89 3704 0044 0532 0130 00 today'), [
      'bankAccount DE89 3704 0044 0532 0130 00',
    ]);
    assert.deepEqual(found('MRN: 00412873'), ['recordNumber 00412873']);
    assert.deepEqual(found('NPI 1234567893'), ['npi 1234567893']);
    assert.deepEqual(found('VIN 1M8GDM9AXKP042788'), ['vehicle 1M8GDM9AXKP042788']);
    assert.deepEqual(found('from 192.168.10.24'), ['ip 192.168.10.24']);
  });

  it('finds dates in all habits, and leaves doses and readings alone', () => {
    for (const date of [
      '03/14/2021',
      '2021-03-14',
      '14 March 2021',
      'Mar 14, 2021',
      '14.3.2021',
      '14-Mar-2021',
    ]) {
      assert.deepEqual(found(`seen on ${date} for pain`), [`date ${date}`]);
    }
    assert.deepEqual(found('BP 142/90, HR 88, lisinopril 20 mg daily, SpO2 98 %'), []);
  });

  it('tells the age of who is over 89 and of nobody else', () => {
    assert.deepEqual(found('a 93 year old man'), ['age 93']);
    assert.deepEqual(found('a 63 year old man'), []);
  });

  it("finds the record's own names however they are typed, and no verb that is one", () => {
    const text = 'NUNEZ states that she will come; Will agrees.';
    const known = [
      { kind: 'person' as const, value: 'Núñez' },
      { kind: 'person' as const, value: 'Will' },
    ];
    const spans = detector.find(text, known).filter(({ by }) => by === 'record');
    assert.deepEqual(
      spans.map(({ start, end }) => text.slice(start, end)),
      ['NUNEZ', 'Will'],
    );
  });
});
