/** Colours by the part they play; each as `#rrggbb`. */
export interface Palette {
  paper: string;
  ink: string;
  /** Secondary text. */
  soft: string;
  rule: string;
  green: string;
  greenTint: string;
  amber: string;
  amberTint: string;
  red: string;
  redTint: string;
  /** Segments of a balance bar. */
  moved: string;
  combined: string;
  superseded: string;
  removed: string;
  held: string;
  excluded: string;
  waiting: string;
}

export const lightPalette: Palette = {
  paper: '#ffffff',
  ink: '#1a1d21',
  soft: '#5a6169',
  rule: '#d9dad4',
  green: '#14633a',
  greenTint: '#edf5ee',
  amber: '#7a4b00',
  amberTint: '#fdf4e0',
  red: '#a8181c',
  redTint: '#fcedeb',
  moved: '#2a6b73',
  combined: '#559196',
  superseded: '#7d6c9e',
  removed: '#474d55',
  held: '#c0720a',
  excluded: '#8a9098',
  waiting: '#4f66b8',
};

export const darkPalette: Palette = {
  paper: '#15181b',
  ink: '#e7e8e6',
  soft: '#a4abb2',
  rule: '#343a40',
  green: '#7fcf9e',
  greenTint: '#16261c',
  amber: '#e8b75a',
  amberTint: '#2a2213',
  red: '#ff9189',
  redTint: '#321b1b',
  moved: '#5fb0b8',
  combined: '#4a868b',
  superseded: '#9c8bc0',
  removed: '#c3c9cf',
  held: '#e09a3a',
  excluded: '#767d85',
  waiting: '#7d93e0',
};

/** The palette as custom properties of a style sheet. */
export function customProperties(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ');
}
