import type { Loop } from '../../../formats/x12/loop.ts';
import type { Element } from '../resource.ts';
import { coded, terminology, x12Codes } from './codes.ts';
import type { Conversion } from './conversion.ts';

export const adjudications = `${terminology}adjudication`;
export const carin = 'http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication';

/** CAS: a group code, then up to six reasons, each with an amount and perhaps a quantity. */
export function adjustments(loop: Loop, conversion: Conversion): Element[] {
  return loop.all('CAS').flatMap((cas) => {
    const group = cas.text(1);
    const found: Element[] = [];
    for (let at = 2; at + 1 < cas.elements.length; at += 3) {
      const reason = cas.text(at);
      const amount = conversion.money(cas, at + 1, loop);
      if (amount === undefined) continue;
      const value = conversion.decimal(cas, at + 2, loop);
      found.push({
        category: coded(`${x12Codes}claim-adjustment-group-codes`, group),
        ...(reason !== '' && {
          reason: coded(`${x12Codes}claim-adjustment-reason-codes`, reason),
        }),
        amount,
        ...(value !== undefined && { value }),
      });
    }
    return found;
  });
}

/** Remark codes of MIA (05, 20 to 23) and MOA (03 to 07). */
export function remarkCodes(loop: Loop): Element[] {
  const system = `${x12Codes}remittance-advice-remark-codes`;
  const places: readonly (readonly [id: string, at: readonly number[]])[] = [
    ['MIA', [5, 20, 21, 22, 23]],
    ['MOA', [3, 4, 5, 6, 7]],
  ];
  return places.flatMap(([id, all]) => {
    const segment = loop.segment(id);
    const codes = segment === undefined ? [] : all.map((at) => segment.text(at));
    return codes.filter((code) => code !== '').map((code) => coded(system, code));
  });
}
