import type { Random } from '../../engine/src/base/random.ts';
import { slotOf, type Filler, type Piece } from './pieces.ts';
import { chance, digits, filled, pick, titled } from './draw.ts';
import { listed } from '../../engine/src/privacy/gazetteer.ts';

const months =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const weekdays = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

/** Forms of numbers, by slot: `#` is a digit, `@` a capital. */
const forms: Readonly<Record<string, readonly [Piece['kind'], string]>> = {
  CARD: [
    'id',
    '4###############|5###-####-####-####|3##############|4### #### #### ####|6###############|4############|3###-######-#####',
  ],
  SSN: ['id', '###-##-####|### ## ####|#########|###-##-####'],
  LIC: ['id', '@#######|@@######|########|@###-####-####|@@@ ####|@############|#@@@###|@########'],
  IBAN: ['id', '@@####################|@@## #### #### #### ####|@@##@@@@##############'],
  ACC: [
    'id',
    '########|@@@######|##########|####-#####|@########|###-######-##|#########|@@-####-###',
  ],
  PASS: ['id', '#########|@########|@@#######|@@@######'],
  MRN: ['id', '#######|######|########|M######|###-##-##|@######|00######|MR-#######|E#########'],
  NPI: ['id', '1#########'],
  T: [
    'phone',
    '(###) ###-####|###-###-####|###.###.####|### ### ####|##########|+1-###-###-####|001-###-###-####x###|###-###-####x####|+## ## ### ####|+## ### ######|0## ### ## ##|0#### ######|0### #######|(##) ###-###|(0##) ### ####|0## ### ####|#### ####|+##-#-###-####|## ## ## ## ##|0#-########|###-#### ext. ###|1-800-###-####|0##/#######|+############',
  ],
};

/** Numbers, dates and addresses of the net. */
export function numbers(random: Random): Readonly<Record<string, Filler>> {
  const made = Object.entries(forms).map(([slot, [kind, patterns]]) => {
    const all = patterns.split('|');
    return [slot, slotOf(kind, () => filled(random, pick(random, all)))] as const;
  });
  const net = addressesOfTheNet(random);
  return {
    ...Object.fromEntries(made),
    D: slotOf('date', () => date(random)),
    Y: slotOf('date', () => String(1900 + random.integer(130))),
    E: slotOf('email', () => net.email()),
    U: slotOf('url', () => net.url()),
    IP: slotOf('ip', () => Array.from({ length: 4 }, () => random.integer(256)).join('.')),
    G: slotOf('age', () => String(1 + random.integer(99))),
    TIME: slotOf(
      undefined,
      () =>
        `${1 + random.integer(12)}${pick(random, [':30', ':00', ':15', ''])} ${pick(random, ['am', 'pm', 'AM', 'PM'])}`,
    ),
  };
}

function addressesOfTheNet(random: Random): { email(): string; url(): string } {
  const words = listed('word').filter((word) => /^[a-z]{4,}$/.test(word));
  const names = listed('given').filter((word) => /^[a-z]{3,}$/.test(word));
  const endings = ['com', 'org', 'net', 'de', 'co.uk', 'ch', 'io', 'example', 'edu'];
  const host = () =>
    `${pick(random, words)}${chance(random, 0.5) ? pick(random, words) : ''}.${pick(random, endings)}`;
  return {
    email: () =>
      `${titled(pick(random, names))}.${pick(random, names)}${chance(random, 0.3) ? digits(random, 2) : ''}@${host()}`,
    url: () =>
      `${pick(random, ['https://', 'http://', 'www.', 'https://www.'])}${host()}${pick(random, ['', '/', '/about', '/a?b=1'])}`,
  };
}

function date(random: Random): string {
  const month = pick(random, months);
  const short = month.slice(0, 3);
  const day = 1 + random.integer(28);
  const year = 1920 + random.integer(120);
  const at = 1 + random.integer(12);
  const two = (value: number) => String(value).padStart(2, '0');
  const weekday = pick(random, weekdays);
  return pick(random, [
    `${month} ${day}, ${year}`,
    `${day} ${month} ${year}`,
    `${short} ${day}, ${year}`,
    `${day}-${short}-${year}`,
    `${at}/${day}/${year}`,
    `${two(at)}/${two(day)}/${two(year % 100)}`,
    `${year}-${two(at)}-${two(day)}`,
    `${day}.${at}.${year}`,
    `${at}/${day}`,
    `${month} ${day}`,
    `${month} ${day}th`,
    `the ${day}th of ${month}`,
    `${month} ${year}`,
    `${short} ${year}`,
    `${weekday}, ${month} ${day}`,
    weekday,
    `${at}-${day}-${year}`,
  ]);
}
