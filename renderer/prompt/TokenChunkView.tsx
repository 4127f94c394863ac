import { memo } from 'react';
import { classNames } from '../base/class-names.ts';
import type { TokenChunk } from './token-chunks.ts';
import { quantise } from '../../shared/view/prompt/strip-tints.ts';

interface TokenChunkViewProps {
  readonly chunk: TokenChunk;
  /** Tints of this chunk's tokens, or undefined where there are none yet. */
  readonly strengths: Float32Array | undefined;
  /** Absolute indices; undefined where they lie outside this chunk, so that other chunks need not be drawn again. */
  readonly pinned: number | undefined;
  readonly focus: number | undefined;
  /** The part of the selection that lies in this chunk, likewise: first index and the one after the last. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** One block of tokens. Events are handled by the strip, by the index that each token carries. */
export const TokenChunkView = memo(function TokenChunkView(props: TokenChunkViewProps) {
  const { chunk, strengths, pinned, focus, from = Infinity, to = -Infinity } = props;
  return (
    <div className="hs-strip__chunk">
      {chunk.tokens.map((token, offset) => {
        const index = chunk.start + offset;
        const strength = quantise(strengths?.[offset] ?? 0);
        return (
          <span
            key={index}
            data-token={index}
            className={classNames(
              'hs-token',
              token.special && 'hs-token--special',
              strength < 0 && 'hs-token--down',
              index === pinned && 'hs-token--pinned',
              index === focus && 'hs-token--focus',
              index >= from && index < to && 'hs-token--selected',
            )}
            style={strength === 0 ? undefined : ({ '--strength': Math.abs(strength) } as React.CSSProperties)}
          >
            {token.display}
            {token.text.endsWith('\n') ? <br /> : <wbr />}
          </span>
        );
      })}
    </div>
  );
});
