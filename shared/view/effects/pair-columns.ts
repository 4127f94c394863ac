/** Two aligned prompts as columns: a token of each over the other. Pure. */
import type { AlignedPair } from '../../model/effect.ts';

export type PairColumn =
  | {
      /** `clean`, `corrupted`: only that prompt has a token there. */
      readonly kind: 'same' | 'different' | 'clean' | 'corrupted';
      /** Positions. */
      readonly clean: number | undefined;
      readonly corrupted: number | undefined;
    }
  | { readonly kind: 'gap'; readonly count: number };

export interface PairColumns {
  readonly columns: readonly PairColumn[];
  /** Partners that are other tokens. */
  readonly differing: number;
  /** Tokens of either prompt without a partner. */
  readonly missing: number;
}

/** Equal tokens around what differs that stay in sight. */
const CONTEXT = 4;

/** In the order of the prompts; with more than `most` columns, long runs of equal tokens are left out. */
export function pairColumns({ clean, corrupted, partners }: AlignedPair, most: number): PairColumns {
  const all: Exclude<PairColumn, { kind: 'gap' }>[] = [];
  let next = 0;
  const catchUp = (to: number) => {
    for (; next < to; next++) all.push({ kind: 'corrupted', clean: undefined, corrupted: next });
  };
  for (const [at, partner] of partners.entries()) {
    if (partner < 0) {
      all.push({ kind: 'clean', clean: at, corrupted: undefined });
      continue;
    }
    catchUp(partner);
    const kind = clean[at]!.id === corrupted[partner]!.id ? 'same' : 'different';
    all.push({ kind, clean: at, corrupted: partner });
    next = Math.max(next, partner + 1);
  }
  catchUp(corrupted.length);
  return {
    columns: all.length <= most ? all : shortened(all),
    differing: all.filter(({ kind }) => kind === 'different').length,
    missing: all.filter(({ kind }) => kind === 'clean' || kind === 'corrupted').length,
  };
}

function shortened(all: readonly Exclude<PairColumn, { kind: 'gap' }>[]): PairColumn[] {
  const near = new Uint8Array(all.length);
  for (const [at, { kind }] of all.entries()) {
    if (kind !== 'same' || at === 0 || at === all.length - 1) near.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  }
  const columns: PairColumn[] = [];
  for (let at = 0; at < all.length;) {
    let end = at;
    while (end < all.length && near[end] === 0) end += 1;
    if (end > at) columns.push({ kind: 'gap', count: end - at });
    else columns.push(all[at]!);
    at = Math.max(end, at + 1);
  }
  return columns;
}
