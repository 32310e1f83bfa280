/** UCUM codes (https://ucum.org) by the spellings of clinics, in capitals and without blanks. */
const spellings: Readonly<Record<string, string>> = {
  '%': '% PCT PERCENT',
  g: 'G GM GMS GRAM GRAMS',
  mg: 'MG MGS MILLIGRAM MILLIGRAMS',
  ug: 'MCG UG MICROGRAM MICROGRAMS',
  kg: 'KG KGS KILO KILOS KILOGRAM KILOGRAMS',
  '[lb_av]': 'LB LBS POUND POUNDS',
  '[oz_av]': 'OZ OUNCE OUNCES',
  cm: 'CM CMS CENTIMETER CENTIMETERS',
  mm: 'MM MILLIMETER MILLIMETERS',
  m: 'M METER METERS',
  '[in_i]': 'IN INCH INCHES',
  '[ft_i]': 'FT FEET FOOT',
  L: 'L LITER LITERS',
  mL: 'ML CC MILLILITER MILLILITERS',
  dL: 'DL',
  'mg/dL': 'MG/DL MGDL',
  'g/dL': 'G/DL GM/DL GDL',
  'g/L': 'G/L',
  'ng/mL': 'NG/ML',
  'pg/mL': 'PG/ML',
  'ug/dL': 'MCG/DL UG/DL',
  'mmol/L': 'MMOL/L MMOLL',
  'meq/L': 'MEQ/L MEQL',
  'umol/L': 'UMOL/L MCMOL/L',
  'U/L': 'U/L UNITS/L',
  '[iU]': 'IU UNT UNIT UNITS',
  '[iU]/L': 'IU/L',
  'm[iU]/L': 'MIU/L UIU/ML',
  'mm[Hg]': 'MMHG MM[HG] TORR',
  '/min': 'BPM /MIN BEATS/MIN BREATHS/MIN PERMIN RPM',
  '[degF]': 'F DEGF FAHRENHEIT °F',
  Cel: 'C DEGC CEL CELSIUS °C',
  'kg/m2': 'KG/M2 KG/M^2 KG/SQM',
  'mL/min/{1.73_m2}': 'ML/MIN/1.73M2 ML/MIN/{1.73_M2}',
  'mm/h': 'MM/HR MM/H',
  fL: 'FL',
  pg: 'PG',
  '10*3/uL': 'K/UL X10E3/UL 10*3/UL 10^3/UL K/MM3 THOU/UL',
  '10*6/uL': 'M/UL X10E6/UL 10*6/UL 10^6/UL M/MM3 MIL/UL',
  h: 'HR HRS HOUR HOURS H',
  min: 'MIN MINS MINUTE MINUTES',
  d: 'DAY DAYS D',
  wk: 'WK WEEK WEEKS',
  mo: 'MO MONTH MONTHS',
  a: 'YR YRS YEAR YEARS',
};

const codes: ReadonlyMap<string, string> = new Map(
  Object.entries(spellings).flatMap(([code, words]) =>
    words.split(' ').map((word) => [word, code] as const),
  ),
);

const known: ReadonlySet<string> = new Set(codes.values());

/** A code of the table as it stands (UCUM is sensitive to case), or what a clinic's spelling means. */
export function ucumOf(unit: string): string | undefined {
  const text = unit.trim();
  if (known.has(text)) return text;
  return codes.get(text.toUpperCase().replace(/[\s.]+/g, '')) ?? codes.get(text.toUpperCase());
}
