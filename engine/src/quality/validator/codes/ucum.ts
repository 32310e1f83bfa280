/**
 * Whether a code is a unit of UCUM (The Unified Code for Units of Measure, 2.1, case sensitive):
 * its grammar with all of its atoms. What a unit is worth is none of this file's business.
 */
export function isUnit(code: string): boolean {
  if (code === '' || code.length > longest || !/^[!-~]+$/.test(code)) return false;
  let known = judged.get(code);
  if (known === undefined) {
    known = new UnitGrammar(code).isWhole();
    if (judged.size < mostJudged) judged.set(code, known);
  }
  return known;
}

const longest = 250;
/** A hospital uses some hundred units; a hostile file may use any number. */
const mostJudged = 10_000;
const judged = new Map<string, boolean>();

const words = (list: string): string[] => list.split(/\s+/).filter((word) => word !== '');

/** Atoms that take prefixes. */
const metric = new Set(
  words(`
    m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv ar st t u eV pc l L
    cal cal_[15] cal_[20] cal_m cal_IT cal_th tex bar kat U G Mx Gb Oe P St dyn erg Gal Ky Ci R RAD
    REM Lmb sb ph B B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] Np bit bit_s By Bd mho g% [c] [h] [k]
    [eps_0] [mu_0] [e] [m_e] [m_p] [G] [g] [ly] [iU] [IU] eq osm m[H2O] m[Hg] gf [m/s2/Hz^0.5]
  `),
);

const plain = new Set(
  words(`
    10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] gon deg ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo
    AU atm [lbf_av] [in_i] [ft_i] [yd_i] [mi_i] [fth_i] [nmi_i] [kn_i] [sin_i] [sft_i] [syd_i]
    [cin_i] [cft_i] [cyd_i] [bf_i] [cr_i] [mil_i] [cml_i] [hd_i] [ft_us] [yd_us] [in_us] [rd_us]
    [ch_us] [lk_us] [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [acr_us] [srd_us] [smi_us] [sct]
    [twp] [mil_us] [in_br] [ft_br] [rd_br] [ch_br] [lk_br] [fth_br] [pc_br] [yd_br] [mi_br]
    [nmi_br] [kn_br] [acr_br] [gal_us] [bbl_us] [qt_us] [pt_us] [gil_us] [foz_us] [fdr_us]
    [min_us] [crd_us] [bu_us] [gal_wi] [pk_us] [dqt_us] [dpt_us] [tbs_us] [tsp_us] [cup_us]
    [foz_m] [cup_m] [tsp_m] [tbs_m] [gal_br] [pk_br] [bu_br] [qt_br] [pt_br] [gil_br] [foz_br]
    [fdr_br] [min_br] [gr] [lb_av] [oz_av] [dr_av] [scwt_av] [lcwt_av] [ston_av] [lton_av]
    [stone_av] [pwt_tr] [oz_tr] [lb_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [oz_m] [lne] [pnt] [pca]
    [pnt_pr] [pca_pr] [pied] [pouce] [ligne] [didot] [cicero] [degF] [degR] [degRe] [Cal] [Btu_39]
    [Btu_59] [Btu_60] [Btu_m] [Btu_IT] [Btu_th] [Btu] [HP] [den] [psi] [in_i'H2O] [in_i'Hg] [PRU]
    [wood'U] [diop] [p'diop] %[slope] [mesh_i] [Ch] [drp] [hnsf'U] [MET] [hp'_X] [hp'_C] [hp'_M]
    [hp'_Q] [hp_X] [hp_C] [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [pH] [S] [HPF] [LPF] [arb'U]
    [USP'U] [GPL'U] [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U]
    [knk'U] [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU]
    [Amb'a'1'U] [PNU] [Lf] [D'ag'U] [FEU] [ELU] [EU] [smoot] circ sph [car_m] [car_Au] b
    [NTU] [FNU]
  `),
);

const prefixes = words('Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti');

/** How deep units in parentheses may stand in others. */
const deepest = 20;

class UnitGrammar {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isWhole(): boolean {
    return this.#term() && this.#at === this.#text.length;
  }

  #term(): boolean {
    if (++this.#depth > deepest) return false;
    this.#take('/');
    do {
      if (!this.#component()) return false;
    } while (this.#take('.') || this.#take('/'));
    this.#depth--;
    return true;
  }

  #component(): boolean {
    if (this.#take('(')) return this.#term() && this.#take(')');
    const annotated = this.#annotation();
    if (annotated !== undefined) return annotated;
    return this.#unit() && this.#annotation() !== false;
  }

  /** `{text}`; undefined where there is none, false where it is not closed. */
  #annotation(): boolean | undefined {
    if (!this.#take('{')) return undefined;
    const end = this.#text.indexOf('}', this.#at);
    const inside = this.#text.slice(this.#at, Math.max(end, 0));
    if (end < 0 || inside.includes('{')) return false;
    this.#at = end + 1;
    return true;
  }

  #unit(): boolean {
    const symbol = this.#symbol();
    if (/^\d+$/.test(symbol)) return true;
    if (isSimpleUnit(symbol)) return true;
    const bare = symbol.replace(/[+-]?\d+$/, '');
    return bare !== symbol && isSimpleUnit(bare);
  }

  /** Up to the next operator; what stands in brackets is one name. */
  #symbol(): string {
    const start = this.#at;
    let inside = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const mark = this.#text[this.#at] as string;
      if (mark === '[') inside = true;
      else if (mark === ']') inside = false;
      else if (!inside && './(){}'.includes(mark)) break;
    }
    return this.#text.slice(start, this.#at);
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }
}

function isSimpleUnit(symbol: string): boolean {
  if (metric.has(symbol) || plain.has(symbol)) return true;
  return prefixes.some(
    (prefix) => symbol.startsWith(prefix) && metric.has(symbol.slice(prefix.length)),
  );
}
