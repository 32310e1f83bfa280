import { createTheme } from '@mantine/core';
import { customProperties, darkPalette, lightPalette } from '../../engine/src/contract/palette.ts';

/** Colours of the reports, so that a bar looks the same on a screen and on paper. */
export const paletteStyle = [
  `:root { ${customProperties(lightPalette)} }`,
  `:root[data-mantine-color-scheme='dark'] { ${customProperties(darkPalette)} }`,
].join('\n');

export const theme = createTheme({
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  primaryColor: 'teal',
  primaryShade: { light: 8, dark: 4 },
  defaultRadius: 'sm',
  headings: { fontWeight: '600' },
});
