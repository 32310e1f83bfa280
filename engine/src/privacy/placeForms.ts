import type { Found } from './forms.ts';

const types =
  'Street|St|Avenue|Ave|Road|Rd|Drive|Dr|Lane|Ln|Boulevard|Blvd|Court|Ct|Place|Pl|Terrace|Circle|Cir|Square|Parkway|Pkwy|Highway|Hwy|Crescent|Trail|Turnpike|Tpke|Alley|Close|Mews|Row|Way';
/** Words in front of a street's name (`Rue Lepic`), endings of one (`Hauptstraße`), words behind (`Petőfi utca`). */
const before =
  'Rue|Avenue|Av\\.|Avda\\.|Avenida|Via|Viale|Calle|C/|Carrera|Rua|Piazza|Plaza|Plaça|Paseo|Chemin|Quai|Allée|Place|Ul\\.|ul\\.|Ulica|ulica|Strada|Str\\.|Largo|Travessa|Camino|Corso|Jalan|Jl\\.|Λεωφόρος|Οδός|ул\\.|улица|проспект|вул\\.';
const endings =
  'stra(?:ß|ss)e|str\\.|weg|gasse|platz|allee|gatan|gata|vägen|gränd|gade|vej|stræde|veien|vegen|katu|kuja|polku|straat|laan|plein|kade|dreef|steenweg|steeg|dijk|gracht';
const behind =
  'utca|út|útja|tér|ulica|ulice|cesta|caddesi|cad\\.|sokak|sok\\.|iela|gatvė|tee|nám\\.|náměstí|ulitsa|street|st\\.';
const states =
  'A[LKZREPA]|C[AOT]|D[EC]|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOTP]|N[EVHJMYCD]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]|UT|V[TAI]|W[AVIY]|GU';
const unit = String.raw`(?:[Aa]pt|APT|[Aa]partment|[Ss]uite|SUITE|[Ss]te|[Uu]nit|[Ff]lat|[Ff]loor|[Bb]ldg)\b\.? ?#?(?:\d[\dA-Z-]{0,5}|[A-Z]\d{0,3})(?![\p{L}\d])`;
const name = String.raw`\p{Lu}[\p{L}'’.-]*`;
const number = String.raw`\d{1,6}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?`;
const edge = String.raw`(?<![\p{L}\d.,$€£/-])`;

const strong: readonly RegExp[] = [
  /(?<![\p{L}\d])(?:p\.? ?o\.? ?box|post office box|psc \d+,? box|unit \d+,? box|rural route \d+,? box|rr ?\d+,? box) *#?\d{1,6}(?!\d)/giu,
  /(?<![\p{L}\d])(?:apo|fpo|dpo),? a[aep] \d{5}(?:-\d{4})?(?!\d)/giu,
  /(?<![\p{L}\d])(?:zip|zip code|postal code|postcode)[\s:#]*\d{5}(?:-\d{4})?(?!\d)/giu,
  of(
    `${edge}(?:${number} +){1,2}(?:[NSEW]\\.? +|(?:North|South|East|West) +)?(?:(?:${name}|\\d{1,3}(?:st|nd|rd|th)) +){1,4}(?:${types})(?![\\p{L}\\d])\\.?`,
  ),
  of(
    `${edge}(?:${number},? +)?(?:${before})(?: +(?:${name}|d[eiau]l?|de|la|le|les|des|du|dos|da|al|el|of|the)){1,5},? +${number}(?![\\p{L}\\d])`,
  ),
  of(
    `${edge}(?:${number},? +)(?:${before})(?: +(?:${name}|d[eiau]l?|de|la|le|les|des|du|dos|da|al|el)){1,5}(?![\\p{L}\\d])`,
  ),
  of(
    `${edge}(?:${number} +)?(?:\\p{Lu}[\\p{L}'’.-]* +){0,2}\\p{Lu}[\\p{L}'’-]*(?:${endings}) +${number}(?![\\p{L}\\d])`,
  ),
  of(`${edge}(?:${number} +)?(?:${name} +){1,3}(?:${behind}) +${number}\\.?(?![\\p{L}\\d])`),
  of(`${edge}(?:${number} +)[\\p{L}'’-]{3,}(?:${endings}) +${number}(?![\\p{L}\\d])`, 'giu'),
  of(`(?<![\\p{L}\\d])${unit}`),
];
const weak: readonly RegExp[] = [
  of(
    `(?<![\\p{L}\\d.,$-])\\d{1,6}[a-z]? +(?:[\\p{L}\\d][\\p{L}\\d'’.-]* +){1,4}(?:${types})\\b\\.?`,
    'giu',
  ),
  of(`(?<![\\p{L}\\d])(?:${states})[ ,]+\\d{5}(?:-\\d{4})?(?![\\d-])`),
  /(?<![\p{L}\d])[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}(?![\p{L}\d])/gu,
  /(?<![\p{L}\d])[A-Z]\d[A-Z] \d[A-Z]\d(?![\p{L}\d])/gu,
];

function of(pattern: string, flags = 'gu'): RegExp {
  return new RegExp(pattern, flags);
}

/** Street addresses, boxes and postal codes that their form alone gives away. */
export function findPlaces(text: string): Found[] {
  return [...matchesOf(strong, text, 'strong'), ...matchesOf(weak, text, 'weak')];
}

function matchesOf(
  patterns: readonly RegExp[],
  text: string,
  strength: Found['strength'],
): Found[] {
  return patterns.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match): Found => {
      const start = match.index;
      return { kind: 'address', start, end: start + match[0].length, by: 'form', strength };
    }),
  );
}
