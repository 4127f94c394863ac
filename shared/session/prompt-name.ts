/** Names a prompt: the same for the same text and length, whatever run it is and in which engine. */
export function promptNameOf(text: string, tokens: number): string {
  // FNV-1a: short, and good enough to tell the prompts of one person apart.
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `${tokens}-${(hash >>> 0).toString(16)}`;
}
