import type { Random } from '../base/random.ts';
import { chance, pick } from './draw.ts';

/**
 * What people type: line breaks of both kinds, tabs from spreadsheets, quotes, backslashes, letters
 * beyond ASCII. Every character that a hand-written export gets wrong is in here somewhere.
 */
const remarks = [
  'Pt states "feels OK".\nF/u 2 wks.',
  'Per daughter: never had this before',
  'See scanned letter\r\nDr. Núñez 3/4',
  'BP 142/90\tHR 88\tT 98.6°F',
  'path: \\\\fileserver\\scans\\2014',
  'Temp > 38.5 °C & rigors; r/o sepsis',
  "Patient's mother – prefers Spanish (español)",
  'café-au-lait spot, L arm; 2–3 cm',
  'q6h prn; do NOT exceed 4 g/24h',
  '50% improved, "much better" per pt\\family',
  'β-blocker held ≥ 48 h',
  'called x3, left vm',
] as const;

export function drawRemark(random: Random, probability: number): string | null {
  return chance(random, probability) ? pick(random, remarks) : null;
}
