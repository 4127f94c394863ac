import type { TokenView } from '../../shared/model/token-view.ts';

const BLANKS: Readonly<Record<string, string>> = { '·': ' ', '⏎': '\n', '⇥': '\t' };

/** Tokens as maps name them, of which only the display is known. */
export function tokensOf(displays: readonly string[]): readonly TokenView[] {
  return displays.map((display) => ({
    id: -1,
    display,
    text: display.replaceAll(/[·⏎⇥]/g, (mark) => BLANKS[mark]!),
    start: -1,
    end: -1,
    special: false,
  }));
}
