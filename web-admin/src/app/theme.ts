import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** Leaves: every shade that carries text has at least 4.5 : 1 beside what it stands on, in light and in dark. */
const leaf: MantineColorsTuple = [
  '#eef7f0',
  '#d9ecdd',
  '#b3d9bc',
  '#8ac69a',
  '#63b07a',
  '#3f9a60',
  '#24804a',
  '#17683a',
  '#0f532d',
  '#093f21',
];

export const theme = createTheme({
  primaryColor: 'leaf',
  primaryShade: { light: 7, dark: 6 },
  colors: { leaf },
  autoContrast: true,
  fontFamily: 'system-ui, sans-serif',
  headings: { fontFamily: 'system-ui, sans-serif' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
});

/** The kit's own grey of what matters less is too faint beside both backgrounds. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#4d565e', '--mantine-color-placeholder': '#666f78' },
  dark: { '--mantine-color-dimmed': '#b4bcc4', '--mantine-color-placeholder': '#a2abb3' },
});
