/** A query head of the model. Zero-based, written `L5H1`. */
export interface HeadId {
  readonly layer: number;
  readonly head: number;
}

/** `L5H1`. */
export function formatHead({ layer, head }: HeadId): string {
  return `L${layer}H${head}`;
}

/** Reads `L5H1`, `5.1`, `5-1` and `5/1` (case and blanks ignored); undefined for anything else. */
export function parseHead(text: string): HeadId | undefined {
  const match = /^(?:l(\d{1,4})h(\d{1,4})|(\d{1,4})[.\-/](\d{1,4}))$/i.exec(text.replaceAll(/\s/g, ''));
  if (!match) return undefined;
  return { layer: Number(match[1] ?? match[3]), head: Number(match[2] ?? match[4]) };
}

/** The KV group that a query head reads from: floor(head / r) with r = heads / kvHeads. Never head mod kvHeads. */
export function groupOf(head: number, heads: number, kvHeads: number): number {
  return Math.floor(head / (heads / kvHeads));
}

/** `L5KV0`. */
export function formatGroup(layer: number, group: number): string {
  return `L${layer}KV${group}`;
}

export function sameHead(a: HeadId, b: HeadId): boolean {
  return a.layer === b.layer && a.head === b.head;
}
