/** Key combinations as commands write them: `mod+shift+z`, `a`, `?`, `escape`. */

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export function matchesKeys(combination: string, press: KeyPress, isMac: boolean): boolean {
  const parts = combination.split('+');
  const key = parts.at(-1) ?? '';
  const wantsMod = parts.includes('mod');
  const hasMod = isMac ? press.metaKey : press.ctrlKey;
  const hasOther = isMac ? press.ctrlKey : press.metaKey;
  if (press.altKey || hasOther || hasMod !== wantsMod) return false;
  if (press.key.toLowerCase() !== key) return false;
  // A sign such as `?` needs Shift on some keyboards and not on others; only letters and named keys tell it apart.
  const shiftMatters = key.length > 1 || /[a-z]/.test(key);
  return !shiftMatters || press.shiftKey === parts.includes('shift');
}

const NAMES: Readonly<Record<string, string>> = { escape: 'Esc', enter: 'Enter', shift: 'Shift' };

/** `Ctrl Shift Z`, for people. */
export function formatKeys(combination: string, isMac: boolean): string {
  return combination
    .split('+')
    .map((part) => (part === 'mod' ? (isMac ? '⌘' : 'Ctrl') : (NAMES[part] ?? part.toUpperCase())))
    .join(' ');
}
