/** Control and format characters, line ends of Unicode, halves of pairs, and what no font has. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * A string literal of Python on one line, with nothing unprintable in it, whatever the text.
 * What JSON writes is read alike by Python.
 */
export function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(
    UNPRINTABLE,
    (letter) => `\\U${letter.codePointAt(0)!.toString(16).padStart(8, '0')}`,
  );
}

/** A comment of one line, whatever the text: names come from files of others and must not become code. */
export function pythonComment(text: string): string {
  return `# ${text.replaceAll(UNPRINTABLE, ' ')}`;
}
