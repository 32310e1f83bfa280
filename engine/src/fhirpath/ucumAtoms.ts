/**
 * The atoms of UCUM (The Unified Code for Units of Measure, 2.1, case sensitive): what those are made of that
 * charts compare, and the names of the others, each of which is worth itself alone.
 */

export const prefixes: Readonly<Record<string, number>> = {
  Y: 24,
  Z: 21,
  E: 18,
  P: 15,
  T: 12,
  G: 9,
  M: 6,
  k: 3,
  h: 2,
  da: 1,
  d: -1,
  c: -2,
  m: -3,
  u: -6,
  n: -9,
  p: -12,
  f: -15,
  a: -18,
  z: -21,
  y: -24,
};

/** Powers of two, for what is counted in bits. */
export const binaryPrefixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40 };

/** Atoms that take prefixes: factor and the units they are made of. */
export const metric: Readonly<Record<string, readonly [string, string]>> = {
  m: ['1', 'm'],
  g: ['1', 'g'],
  s: ['1', 's'],
  rad: ['1', 'rad'],
  K: ['1', 'K'],
  C: ['1', 'C'],
  cd: ['1', 'cd'],
  mol: ['602213670000000000000000', '1'],
  eq: ['602213670000000000000000', '1'],
  osm: ['602213670000000000000000', '1'],
  L: ['0.001', 'm3'],
  l: ['0.001', 'm3'],
  Hz: ['1', 's-1'],
  N: ['1000', 'g.m.s-2'],
  Pa: ['1000', 'g.m-1.s-2'],
  bar: ['100000000', 'g.m-1.s-2'],
  J: ['1000', 'g.m2.s-2'],
  W: ['1000', 'g.m2.s-3'],
  cal: ['4184', 'g.m2.s-2'],
  V: ['1000', 'g.m2.s-2.C-1'],
  A: ['1', 'C.s-1'],
  Ohm: ['1000', 'g.m2.s-1.C-2'],
  Bq: ['1', 's-1'],
  Gy: ['1', 'm2.s-2'],
  Sv: ['1', 'm2.s-2'],
  kat: ['602213670000000000000000', 's-1'],
  U: ['10036894500000000', 's-1'],
  t: ['1000000', 'g'],
  eV: ['0.00000000000000016021773', 'g.m2.s-2'],
  'm[H2O]': ['9806650', 'g.m-1.s-2'],
  'm[Hg]': ['133322000', 'g.m-1.s-2'],
  '[iU]': ['1', '[iU]'],
  '[IU]': ['1', '[iU]'],
};

/** Atoms that take none. */
export const customary: Readonly<Record<string, readonly [string, string]>> = {
  '10*': ['10', '1'],
  '10^': ['10', '1'],
  '%': ['0.01', '1'],
  '[ppm]': ['0.000001', '1'],
  '[ppb]': ['0.000000001', '1'],
  '[pi]': ['3.1415926535897932384626433832795', '1'],
  deg: ['0.017453292519943295769236907684886', 'rad'],
  min: ['60', 's'],
  h: ['3600', 's'],
  d: ['86400', 's'],
  wk: ['604800', 's'],
  mo: ['2629800', 's'],
  a: ['31557600', 's'],
  '[in_i]': ['0.0254', 'm'],
  '[ft_i]': ['0.3048', 'm'],
  '[yd_i]': ['0.9144', 'm'],
  '[mi_i]': ['1609.344', 'm'],
  '[lb_av]': ['453.59237', 'g'],
  '[oz_av]': ['28.349523125', 'g'],
  '[gr]': ['0.06479891', 'g'],
  '[ston_av]': ['907184.74', 'g'],
  '[stone_av]': ['6350.29318', 'g'],
  '[lb_tr]': ['373.2417216', 'g'],
  '[dr_av]': ['1.7718451953125', 'g'],
  '[gal_us]': ['0.003785411784', 'm3'],
  '[qt_us]': ['0.000946352946', 'm3'],
  '[pt_us]': ['0.000473176473', 'm3'],
  '[foz_us]': ['0.0000295735295625', 'm3'],
  '[tbs_us]': ['0.00001478676478125', 'm3'],
  '[tsp_us]': ['0.00000492892159375', 'm3'],
  '[cup_us]': ['0.0002365882365', 'm3'],
  '[drp]': ['0.00000005', 'm3'],
  '[Cal]': ['4184000', 'g.m2.s-2'],
  '[psi]': ['6894757.293168', 'g.m-1.s-2'],
  atm: ['101325000', 'g.m-1.s-2'],
  "'": ['0.00029088820866572159615394846141477', 'rad'],
};

const words = (list: string): string[] => list.split(/\s+/).filter((word) => word !== '');

/** Other atoms that take prefixes. */
export const otherMetric: ReadonlySet<string> = new Set(
  words(`
    sr F S Wb Cel T H lm lx ar st u pc cal_[15] cal_[20] cal_m cal_IT cal_th tex G Mx Gb Oe P St
    dyn erg Gal Ky Ci R RAD REM Lmb sb ph B B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW] Np bit
    bit_s By Bd mho g% [c] [h] [k] [eps_0] [mu_0] [e] [m_e] [m_p] [G] [g] [ly] gf [m/s2/Hz^0.5]
  `),
);

/** Other atoms that take none. */
export const otherCustomary: ReadonlySet<string> = new Set(
  words(`
    [ppth] [pptr] gon ' '' a_t a_j a_g mo_s mo_j mo_g AU [lbf_av] [fth_i] [nmi_i] [kn_i] [sin_i]
    [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i] [bf_i] [cr_i] [mil_i] [cml_i] [hd_i] [ft_us] [yd_us]
    [in_us] [rd_us] [ch_us] [lk_us] [rch_us] [rlk_us] [fth_us] [fur_us] [mi_us] [acr_us] [srd_us]
    [smi_us] [sct] [twp] [mil_us] [in_br] [ft_br] [rd_br] [ch_br] [lk_br] [fth_br] [pc_br]
    [yd_br] [mi_br] [nmi_br] [kn_br] [acr_br] [bbl_us] [gil_us] [fdr_us] [min_us] [crd_us]
    [bu_us] [gal_wi] [pk_us] [dqt_us] [dpt_us] [foz_m] [cup_m] [tsp_m] [tbs_m] [gal_br] [pk_br]
    [bu_br] [qt_br] [pt_br] [gil_br] [foz_br] [fdr_br] [min_br] [scwt_av] [lcwt_av] [lton_av]
    [pwt_tr] [oz_tr] [sc_ap] [dr_ap] [oz_ap] [lb_ap] [oz_m] [lne] [pnt] [pca] [pnt_pr] [pca_pr]
    [pied] [pouce] [ligne] [didot] [cicero] [degF] [degR] [degRe] [Btu_39] [Btu_59] [Btu_60]
    [Btu_m] [Btu_IT] [Btu_th] [Btu] [HP] [den] [in_i'H2O] [in_i'Hg] [PRU] [wood'U] [diop]
    [p'diop] %[slope] [mesh_i] [Ch] [hnsf'U] [MET] [hp'_X] [hp'_C] [hp'_M] [hp'_Q] [hp_X] [hp_C]
    [hp_M] [hp_Q] [kp_X] [kp_C] [kp_M] [kp_Q] [pH] [S] [HPF] [LPF] [arb'U] [USP'U] [GPL'U]
    [MPL'U] [APL'U] [beth'U] [anti'Xa'U] [todd'U] [dye'U] [smgy'U] [bdsk'U] [ka'U] [knk'U]
    [mclg'U] [tb'U] [CCID_50] [TCID_50] [EID_50] [PFU] [FFU] [CFU] [IR] [BAU] [AU] [Amb'a'1'U]
    [PNU] [Lf] [D'ag'U] [FEU] [ELU] [EU] [smoot] circ sph [car_m] [car_Au] b [NTU] [FNU]
  `),
);
