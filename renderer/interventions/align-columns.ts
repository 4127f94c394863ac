/** Two prompts under each other, position by position. Pure. */
import { alignPositions } from '../../shared/model/align.ts';
import type { Alignment } from '../../shared/model/effect.ts';
import type { TokenView } from '../../shared/model/token-view.ts';

export interface AlignColumn {
  /** Of this prompt; undefined where it has nothing for the other's token. */
  readonly clean: TokenView | undefined;
  readonly other: TokenView | undefined;
  /** Position in this prompt, else in the other. */
  readonly at: number;
  /** The same token on both sides, another one, or nothing on one of them. */
  readonly state: 'same' | 'different' | 'alone';
}

/** In the order of both; partners ascend, so that this is one walk. */
export function alignColumns(
  clean: readonly TokenView[],
  other: readonly TokenView[],
  how: Alignment,
): readonly AlignColumn[] {
  const ids = (tokens: readonly TokenView[]) => Int32Array.from(tokens, ({ id }) => id);
  const partners = alignPositions(ids(clean), ids(other), how);
  const columns: AlignColumn[] = [];
  let next = 0;
  const untilOther = (end: number) => {
    for (; next < end; next++) columns.push({ clean: undefined, other: other[next], at: next, state: 'alone' });
  };
  for (const [at, token] of clean.entries()) {
    const partner = partners[at]!;
    if (partner < 0) {
      columns.push({ clean: token, other: undefined, at, state: 'alone' });
      continue;
    }
    untilOther(partner);
    next = partner + 1;
    columns.push({
      clean: token,
      other: other[partner],
      at,
      state: token.id === other[partner]!.id ? 'same' : 'different',
    });
  }
  untilOther(other.length);
  return columns;
}

/** `57 positions aligned, 2 of them with another token; 1 alone here, 0 alone there`. */
export function alignText(columns: readonly AlignColumn[]): string {
  const count = (of: (column: AlignColumn) => boolean) => columns.filter(of).length;
  const aligned = count(({ state }) => state !== 'alone');
  const different = count(({ state }) => state === 'different');
  const here = count(({ other }) => other === undefined);
  const there = count(({ clean }) => clean === undefined);
  return `${aligned} positions aligned, ${different} with another token; ${here} only here, ${there} only in the other prompt.`;
}
