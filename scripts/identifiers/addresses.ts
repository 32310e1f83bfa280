import type { Random } from '../../engine/src/base/random.ts';
import { listed } from '../../engine/src/privacy/gazetteer.ts';
import { chance, digits, filled, pick, titled } from './draw.ts';
import { inventor } from './invent.ts';

const english =
  'Street Avenue Road Drive Lane Court Place Boulevard Way Terrace Circle Square Parkway Highway Trail Loop Crescent Close Row Alley Ridge Point Mews Grove Path Pass Run Plaza Center Creek Hollow St St. Ave Ave. Rd Rd. Dr Dr. Ln Blvd Blvd. Ct Pl Hwy Pkwy Ter'.split(
    ' ',
  );
const before =
  'Rue|Via|Calle|Avenida|Av.|Avda.|Rua|Piazza|Plaza|Paseo|Chemin|Quai|Allée|Boulevard|Ul.|ul.|Ulica|Strada|Largo|Praça|Travessa|Camino|Carrera|Corso|Viale|Jalan|Jl.|Rue de|Rue du|Avenue de|Place de|Via dei|Calle de|Λεωφόρος|Οδός|ул.|улица|проспект'.split(
    '|',
  );
const joined =
  'straße strasse weg gasse platz allee gatan gata vägen gränd gade vej stræde veien vegen gata katu tie polku kuja straat laan plein kade dreef weg steeg str.'.split(
    ' ',
  );
const after =
  'utca|út|u.|tér|ulica|cesta|trg|cad.|caddesi|sok.|sokak|gatan|tee|iela|gatvė|ulice|náměstí'.split(
    '|',
  );
const states =
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC'.split(
    ' ',
  );
const longStates =
  'Texas|Ohio|Florida|New York|California|Illinois|Michigan|Georgia|Virginia|Ontario|Quebec|New South Wales|Victoria|Kent|Bavaria|Gelderland|Skåne'.split(
    '|',
  );
const units = [
  'Apt. ###',
  'Apt ##',
  'Apt #@',
  'Suite ###',
  'Suite ##?',
  'Unit #?',
  '#?##',
  '# ##',
  'Floor #',
  'Flat #@',
  'Ste ###',
  'Room ###',
  'Bldg @',
  'No. ##',
];
const postcodes = [
  '#####',
  '#####',
  '#####-####',
  '####',
  '####',
  '### ##',
  '@#@ #@#',
  '@@# #@@',
  '@@## #@@',
  '@## #@@',
  '#### @@',
  '##-###',
  '####-###',
  '@-#####',
  '######',
  '### ####',
];

/** Addresses as people and machines write them, of many countries and of none. */
export class Addresses {
  readonly #random: Random;
  readonly #cityWord: () => string;
  readonly #family: () => string;
  readonly #given: () => string;

  constructor(random: Random) {
    this.#random = random;
    this.#cityWord = inventor(random, listed('city'), 0.3);
    this.#family = inventor(random, listed('family'), 0.3);
    this.#given = inventor(random, listed('given'), 0.2);
  }

  whole(): string {
    const random = this.#random;
    const mess = random.next();
    const gap = separators.find(([share]) => mess < share)?.[1] ?? '\n, ';
    if (chance(random, 0.05))
      return `${this.#box()}${pick(random, [', ', '\n'])}${this.#military()}`;
    const parts = [chance(random, 0.06) ? this.#box() : this.street()];
    if (chance(random, 0.35)) parts.push(filled(random, pick(random, units)));
    if (chance(random, 0.08)) parts.reverse();
    parts.push(...this.#ending());
    return parts.join(gap);
  }

  street(): string {
    const kind = this.#random.next();
    let text: string;
    if (kind < 0.45) text = `${this.#number()} ${this.#road()}`;
    else if (kind < 0.8) text = `${this.#road()} ${this.#number()}`;
    else if (kind < 0.9) text = `${this.#number()} ${this.#road()} ${this.#number()}`;
    else if (kind < 0.95) text = `${this.#road()}, ${this.#number()}`;
    else text = this.#road();
    return chance(this.#random, 0.06) ? text.toLowerCase() : text;
  }

  /** A town; now and then a country. */
  place(): string {
    return chance(this.#random, 0.25) ? this.country() : this.city();
  }

  city(): string {
    const random = this.#random;
    const name = titled(this.#cityWord());
    const rare = random.next();
    if (rare < 0.08) return name.toUpperCase();
    if (rare < 0.2) return `${pick(random, townPrefixes)} ${name}`;
    if (rare < 0.3) return `${name} ${titled(this.#cityWord())}`;
    if (rare < 0.33) {
      return `${name}-${pick(random, ['sur', 'am', 'on', 'upon', 'les', 'an der'])}-${titled(this.#cityWord())}`;
    }
    return name;
  }

  country(): string {
    return pick(this.#random, countryNames);
  }

  #ending(): string[] {
    const random = this.#random;
    const state = chance(random, 0.7) ? pick(random, states) : pick(random, longStates);
    const town = chance(random, 0.2) ? this.city().toUpperCase() : this.city();
    const code = filled(random, pick(random, postcodes));
    const shape = random.integer(9);
    const parts: string[] = [];
    if (shape < 3) parts.push(`${town}, ${state} ${code}`);
    else if (shape === 3) parts.push(`${town} ${code}`);
    else if (shape === 4) parts.push(`${code} ${town}`);
    else if (shape === 5) parts.push(town, `${this.country()} ${code}`);
    else if (shape === 6) parts.push(town, state);
    else if (shape === 7) parts.push(town);
    if (shape > 3 && chance(random, 0.4)) parts.push(this.country());
    return parts;
  }

  #road(): string {
    const random = this.#random;
    const kind = random.next();
    const side = chance(random, 0.08)
      ? `${pick(random, ['N', 'S', 'E', 'W', 'N.', 'South', 'NW', 'North'])} `
      : '';
    if (kind < 0.4) return `${side}${this.#stem()} ${pick(random, english)}`;
    if (kind < 0.55) return `${pick(random, before)} ${this.#stem()}`;
    if (kind < 0.72) return `${this.#stem().split(' ').at(-1)}${pick(random, joined)}`;
    if (kind < 0.82) return `${this.#stem()} ${pick(random, after)}`;
    if (kind < 0.9) return titled(this.#family()) + pick(random, nameEndings);
    return `${this.#stem()} ${titled(pick(random, listed('streetType')))}`;
  }

  #stem(): string {
    const random = this.#random;
    const kind = random.integer(6);
    if (kind === 0) return titled(this.#cityWord());
    if (kind === 1) return titled(this.#given());
    if (kind === 2) return `${titled(this.#given())} ${titled(this.#family())}`;
    if (kind === 3) return titled(pick(random, longWords));
    if (kind === 4) return pick(random, usualStems);
    return titled(this.#family());
  }

  #number(): string {
    return filled(this.#random, pick(this.#random, houseNumbers)).replace(/^0/, '1');
  }

  #box(): string {
    return filled(this.#random, pick(this.#random, boxes));
  }

  #military(): string {
    const random = this.#random;
    return `${pick(random, ['DPO', 'APO', 'FPO'])} ${pick(random, ['AE', 'AP', 'AA'])} ${digits(random, 5)}`;
  }
}

/** What stands between the parts, and up to which share of addresses. */
const separators: readonly (readonly [number, string])[] = [
  [0.5, ', '],
  [0.7, '\n'],
  [0.8, ' '],
  [0.9, '\n '],
];
const longWords = listed('word').filter((word) => word.length > 3);
const houseNumbers = ['#', '##', '##', '###', '####', '#####', '##@', '##-##', '#/#'];
const usualStems =
  '1st|2nd|3rd|5th|42nd|Main|Oak|Elm|High|Church|Station|Park|Mill|Lake|Broad|King'.split('|');
const nameEndings = [
  '',
  'veien',
  'vangen',
  'torget',
  'hof',
  'dijk',
  'pad',
  'haven',
  'berg',
  'ova',
  'ska',
];
const townPrefixes =
  'New|San|St.|Saint|Port|East|West|North|Lake|Mount|Santa|El|La|Bad|Villa|Fort|Los|Le'.split('|');
const boxes =
  'P.O. Box ###?|PO Box ####|POB ###|Box ###|Postfach ####|Unit #### Box ####|PSC ####, Box ####|USNS @@@@|USS Ranger|Rural Route #|RR # Box ##'.split(
    '|',
  );
const countryNames =
  'Argentina|Austria|Bangladesh|Bolivia|Bosnia and Herzegovina|Brazil|Bulgaria|Burkina Faso|Canada|Cape Verde|Chile|China|Colombia|Costa Rica|Croatia|Cyprus|Denmark|Egypt|El Salvador|Estonia|Ethiopia|Faroe Islands|Fiji|France|French Guiana|Germany|Ghana|Greece|Greenland|Guam|Hungary|Iceland|India|Indonesia|Iran|Ireland|Isle of Man|Israel|Italy|Jamaica|Japan|Kenya|Kuwait|Lebanon|Lithuania|Malta|Marshall Islands|Mexico|Morocco|Nepal|Netherlands|New Zealand|Nigeria|North Macedonia|Norway|Oman|Pakistan|Papua New Guinea|Peru|Philippines|Poland|Portugal|Puerto Rico|Qatar|Romania|Russia|Saint Lucia|Saudi Arabia|Serbia|Slovakia|South Africa|South Korea|Spain|Sri Lanka|Svalbard & Jan Mayen Islands|Sweden|Switzerland|Syria|Taiwan|Thailand|Trinidad and Tobago|Turkey|UK|USA|Uganda|Ukraine|United Arab Emirates|United Kingdom|United States|Uruguay|Vietnam|Virgin Islands, British|Wales|Zambia'.split(
    '|',
  );
