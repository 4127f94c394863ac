/** Takes a file as prompt, or says why not. */
export type ReadText = { readonly text: string } | { readonly problem: string };

/** Far beyond any context; a larger file is a mistake and would only freeze the editor. */
const MOST_BYTES = 8_000_000;

export async function readTextFile(file: File): Promise<ReadText> {
  if (file.size > MOST_BYTES) return { problem: `${file.name} is larger than 8 MB. Choose a shorter text.` };
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return { problem: `${file.name} is not a text file. Choose one in UTF-8.` };
  try {
    // The decoder takes a byte order mark off; Windows line ends become plain ones, as in every text box.
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n') };
  } catch {
    return { problem: `${file.name} is not valid UTF-8. Save it in that encoding and try again.` };
  }
}
