const VISIBLE: Readonly<Record<string, string>> = { ' ': '·', '\n': '⏎', '\t': '⇥' };

/**
 * Text with visible blanks: space `·`, newline `⏎`, tab `⇥`, other control characters as their Unicode picture (`␍`),
 * and marks that would turn the direction of what follows as their number (`⟨U+202E⟩`).
 */
export function visibleText(text: string): string {
  return text.replaceAll(/[\u0000-\u0020\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0);
    if (code === 0x7f) return '␡';
    return VISIBLE[char] ?? (code < 0x20 ? String.fromCharCode(0x2400 + code) : `⟨U+${hex(code, 4)}⟩`);
  });
}

/** Bytes as they read: the complete UTF-8 sequences as text with visible blanks, every other byte as `⟨E2⟩`. */
export function visibleBytes(bytes: Uint8Array): string {
  let result = '';
  for (let at = 0; at < bytes.length;) {
    const char = decodeUtf8(bytes.subarray(at, at + sequenceLength(bytes[at]!)));
    if (char === undefined) {
      result += `⟨${hex(bytes[at]!, 2)}⟩`;
      at++;
    } else {
      result += visibleText(char);
      at += sequenceLength(bytes[at]!);
    }
  }
  return result;
}

/** The text of the bytes; undefined where they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Length that the first byte of a UTF-8 sequence announces. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
