import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { peakOfCommand, type Peak } from './peak.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';
import { claimInterchange } from './x12Sample.ts';

const formats = ['hl7v2', 'ccda', 'x12'] as const;

type Format = (typeof formats)[number];

/**
 * The most memory that `handover convert` takes at two sizes of its input: a batch of HL7 v2, one
 * interchange of one transaction, and a folder of clinical documents, made for this and removed.
 *
 * @param only this format; all of them when it is empty
 */
export async function benchConvert(
  small: number,
  large: number,
  only: string,
): Promise<BenchResult> {
  const figures: Record<string, number> = {};
  const ratios: number[] = [];
  for (const format of formats) {
    if (only !== '' && format !== only) continue;
    const few = await peakOf(format, small);
    const many = await peakOf(format, large);
    ratios.push(many.peak / few.peak);
    figures[`${format}: MB at most, of ${small} MB`] = megabytes(few.peak);
    figures[`${format}: MB at most, of ${large} MB`] = megabytes(many.peak);
    for (const [at, bytes] of many.course.entries()) {
      figures[`${format}: MB in quarter ${at + 1}`] = megabytes(bytes);
    }
    figures[`${format}: documents a second`] = Math.round(many.documents / many.seconds);
  }
  return benchResult({
    bench: 'convert',
    compared:
      'peak memory of handover convert, a large input against a small one (the worst format)',
    ratio: rounded(Math.max(...ratios)),
    goal: { most: 1.25 },
    figures,
  });
}

interface Converted extends Peak {
  documents: number;
}

async function peakOf(format: Format, size: number): Promise<Converted> {
  const folder = await mkdtemp(path.join(tmpdir(), 'handover-bench-'));
  try {
    const input = path.join(folder, 'in');
    await makeInput[format](input, size * 1e6);
    return await watch(format, input, path.join(folder, 'out.ndjson'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function watch(format: Format, input: string, out: string): Promise<Converted> {
  const peak = await peakOfCommand([
    'convert',
    '--from',
    format,
    '--to',
    'fhir',
    '--json',
    input,
    out,
  ]);
  const { documents, refused } = JSON.parse(peak.told) as { documents: number; refused: number };
  if (refused > 0) throw new Error('what the bench made was refused');
  return { ...peak, documents };
}

const makeInput: Readonly<Record<Format, (input: string, bytes: number) => Promise<void>>> = {
  hl7v2: (input, bytes) => pipeline(Readable.from(batch(bytes)), createWriteStream(input)),
  x12: (input, bytes) => pipeline(Readable.from(claimInterchange(bytes)), createWriteStream(input)),
  async ccda(input, bytes) {
    await mkdir(input);
    const text = document(0);
    for (let at = 0; at * text.length < bytes; at++) {
      await writeFile(path.join(input, `${at}.xml`), document(at));
    }
  },
};

function* batch(bytes: number): Generator<string> {
  yield 'FHS|^~\\&|LAB\rBHS|^~\\&|LAB\r';
  let messages = 0;
  for (let done = 0; done < bytes; messages++) {
    const results = Array.from(
      { length: 12 },
      (_, at) =>
        `OBX|${at + 1}|NM|${2000 + at}-1^Analyte ${at}^LN||${(messages + at) % 300}.5|mmol/L^^UCUM|1-9|N|||F|||20260103${String(messages % 24).padStart(2, '0')}00+0000`,
    );
    const message = [
      `MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260103101500+0000||ORU^R01^ORU_R01|M${messages}|P|2.5.1`,
      `PID|1||${messages % 5000}^^^HOSP^MR||FAMILY${messages % 997}^GIVEN${messages % 89}||19${30 + (messages % 60)}0501|F|||1 Main St^^Town^IL^60601`,
      `PV1|1|O|W${messages % 20}^1^A^HOSP||||${messages % 50}^DOC^ANN^^^^^^NPI`,
      `OBR|1|P${messages}|F${messages}|24323-8^Panel^LN|||20260103090000+0000|||||||||${messages % 50}^DOC^ANN^^^^^^NPI||||||20260103100000+0000|||F`,
      ...results,
    ];
    const text = `${message.join('\r')}\r`;
    done += text.length;
    yield text;
  }
  yield `BTS|${messages}\rFTS|1\r`;
}

const loinc = 'codeSystem="2.16.840.1.113883.6.1"';

/** A summary of some 60 kB: two hundred results, their narrative, and who is responsible. */
function document(number: number): string {
  const results = Array.from({ length: 200 }, (_, at) => {
    const id = `${number}-${at}`;
    return `<component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3" extension="${id}"/><code code="${2000 + at}-1" ${loinc}/><statusCode code="completed"/><effectiveTime value="20260103"/><value xsi:type="PQ" value="${at}.5" unit="mmol/L"/></observation></component>`;
  });
  const rows = Array.from(
    { length: 200 },
    (_, at) => `<tr><td>Analyte ${at}</td><td>${at}.5</td></tr>`,
  );
  return `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id root="1.2.3.4" extension="${number}"/><code code="34133-9" ${loinc}/><title>Summary</title><effectiveTime value="20260103"/><recordTarget><patientRole><id root="1.2.3.5" extension="${number % 5000}"/><patient><name><given>ANN</given><family>F${number % 997}</family></name><birthTime value="19600102"/></patient></patientRole></recordTarget><component><structuredBody><component><section><code code="30954-2" ${loinc}/><title>Results</title><text><table><tbody>${rows.join('')}</tbody></table></text><entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/><id root="1.2.3" extension="${number}"/><code code="24323-8" ${loinc}/><statusCode code="completed"/>${results.join('')}</organizer></entry></section></component></structuredBody></component></ClinicalDocument>`;
}
