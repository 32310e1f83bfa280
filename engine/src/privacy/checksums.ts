/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1, "Luhn"). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** National Provider Identifier: ten digits, Luhn over them behind the prefix 80840 (45 CFR 162.406). */
export function isNpi(digits: string): boolean {
  return /^[12]\d{9}$/.test(digits) && passesLuhn(`80840${digits}`);
}

/** Whether the Social Security Administration could have given this number out. */
export function maySsn(digits: string): boolean {
  return /^(?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digits);
}

/** International Bank Account Number: modulo 97 of its rearranged letters and digits (ISO 13616). */
export function isIban(text: string): boolean {
  const plain = text.replaceAll(/[\s-]/g, '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/.test(plain)) return false;
  let rest = 0;
  for (const sign of plain.slice(4) + plain.slice(0, 4)) {
    const value = parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Registration of a prescriber with the DEA: two letters, seven digits, the last a check digit. */
export function isDea(text: string): boolean {
  const match = /^[A-Z][A-Z9](\d{7})$/.exec(text);
  if (!match) return false;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, check = 0] = (match[1] as string)
    .split('')
    .map(Number);
  return (a + c + e + 2 * (b + d + f)) % 10 === check;
}

const vinWeights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const vinLetters = '0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ';

/** Vehicle identification number: the ninth sign checks the others (49 CFR 565.15). */
export function isVin(text: string): boolean {
  if (!/^[A-HJ-NPR-Z0-9]{17}$/.test(text)) return false;
  const sum = text
    .split('')
    .reduce(
      (total, sign, at) => total + (vinLetters.indexOf(sign) % 10) * (vinWeights[at] as number),
      0,
    );
  return text[8] === '0123456789X'[sum % 11];
}
