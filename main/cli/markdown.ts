/** Parts of the generated pages. */
export const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}\n`).join('');

/** Text that means nothing to Markdown. */
export const plain = (text: string): string => text.replaceAll(/[\\`*<[\]|]/g, '\\$&');
