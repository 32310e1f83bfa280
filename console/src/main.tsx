import '@mantine/core/styles.css';
import './console.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Console } from './Console.tsx';
import { paletteStyle, theme } from './theme.ts';

const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <style>{paletteStyle}</style>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Console />
      </MantineProvider>
    </StrictMode>,
  );
}
