/** `node x12Memory.ts MEGABYTES`: an interchange of that size converted; what it took, as JSON. */
import { X12Reader } from '../src/formats/x12/reader.ts';
import type { X12Event } from '../src/formats/x12/envelope.ts';
import { X12Converter } from '../src/mapping/library/x12/convert.ts';
import { claimInterchange } from './x12Sample.ts';

const bytes = Number(process.argv[2] ?? 16) * 1e6;
const reader = new X12Reader();
const converter = new X12Converter({ identify: (key) => key, zone: undefined });
let claims = 0;
let refused = 0;
let written = 0;
const take = (events: readonly X12Event[]): void => {
  for (const event of events) {
    for (const unit of converter.convert(event)) {
      if (unit.refused !== undefined) refused++;
      for (const resource of unit.resources) {
        if (resource.resourceType === 'Claim') claims++;
        written += JSON.stringify(resource).length;
      }
    }
  }
};
for (const piece of claimInterchange(bytes)) {
  const size = 64 * 1024;
  for (let at = 0; at < piece.length; at += size) take(reader.push(piece.subarray(at, at + size)));
}
take(reader.finish());
// Kilobytes, as getrusage tells them.
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ claims, refused, written, peak })}\n`);
