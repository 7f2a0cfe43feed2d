import {
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type MantineThemeOverride,
} from '@mantine/core';

/** From the palest tint to the deepest shade. */
const verdigris: MantineColorsTuple = [
  '#eaf5f3',
  '#d8ebe7',
  '#b0d6cf',
  '#84c0b5',
  '#5cc4b2',
  '#2c9c8c',
  '#17796c',
  '#0c6a5f',
  '#09564d',
  '#063f38',
];

const brick: MantineColorsTuple = [
  '#fbe9e7',
  '#f5cfcb',
  '#eea59f',
  '#f2857b',
  '#dc6158',
  '#c9483e',
  '#bd3a31',
  '#b3261e',
  '#931d16',
  '#701510',
];

/** Mantine as this product uses it: small controls, square-ish corners, system fonts, quick fades. */
export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'verdigris',
  primaryShade: { light: 7, dark: 6 },
  colors: { verdigris, red: brick },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '18px' },
  headings: { fontFamily: 'var(--font)', fontWeight: '600' },
  defaultRadius: 4,
  spacing: { xs: '6px', sm: '10px', md: '14px', lg: '20px', xl: '28px' },
  cursorType: 'default',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs', variant: 'default', fw: 500 } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'xs' } },
    NativeSelect: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', checkIconPosition: 'left', allowDeselect: false } },
    Textarea: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Radio: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Slider: { defaultProps: { size: 'sm' } },
    Table: { defaultProps: { verticalSpacing: 4, horizontalSpacing: 8 } },
    Tabs: { defaultProps: { keepMounted: false } },
    Tooltip: { defaultProps: { openDelay: 500, withArrow: false, transitionProps: { duration: 80 }, fz: 'xs' } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 60 }, offset: 2 } },
    Popover: { defaultProps: { shadow: 'md', transitionProps: { duration: 60 } } },
    Modal: {
      defaultProps: {
        centered: true,
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.35 },
        transitionProps: { transition: 'fade', duration: 90 },
        closeButtonProps: { 'aria-label': 'Close', size: 'sm' },
      },
    },
  },
});

/** Mantine's own colour names, pointed at tokens.css, so that its controls and ours agree. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-dimmed': 'var(--text-soft)',
    '--mantine-color-default': 'var(--raised)',
    '--mantine-color-default-hover': 'var(--sunken)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--line)',
    '--mantine-color-error': 'var(--danger)',
    '--mantine-color-placeholder': 'var(--text-soft)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-primary-color-filled': 'var(--accent-fill)',
    '--mantine-primary-color-filled-hover': 'var(--accent-fill-hover)',
    '--mantine-shadow-md': 'var(--shadow)',
    '--mantine-shadow-xl': 'var(--shadow)',
  };
  return { variables: shared, light: shared, dark: shared };
};
