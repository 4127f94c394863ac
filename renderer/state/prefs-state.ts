export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEMES)[number];

export const PANELS = ['prompt', 'heads', 'dock'] as const;
export type PanelName = (typeof PANELS)[number];

/** What a person chose and expects to find again next time. */
export interface PrefsState {
  readonly theme: ThemeChoice;
}

export const initialPrefs: PrefsState = { theme: 'system' };
