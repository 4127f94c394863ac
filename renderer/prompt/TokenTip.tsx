import { useLayoutEffect, useRef } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount, formatProbability, formatSigned } from '../../shared/view/format.ts';
import type { StripTints } from '../../shared/view/prompt/strip-tints.ts';

interface TokenTipProps {
  readonly index: number;
  readonly token: TokenView;
  readonly tints: StripTints | undefined;
  readonly anchor: DOMRect;
}

/** Index, id, exact text and value of the token under the pointer, below it or, at the window's foot, above. */
export function TokenTip({ index, token, tints, anchor }: TokenTipProps) {
  const ref = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const tip = ref.current;
    if (!tip) return;
    const { width, height } = tip.getBoundingClientRect();
    const below = anchor.bottom + 4;
    const top = below + height > window.innerHeight ? anchor.top - height - 4 : below;
    tip.style.left = `${Math.max(4, Math.min(anchor.left, window.innerWidth - width - 4))}px`;
    tip.style.top = `${top}px`;
  }, [anchor, token]);

  return (
    <div ref={ref} className="hs-token-tip" role="tooltip">
      <span className="hs-dim">token</span> {formatCount(index)} <span className="hs-dim">id</span> {token.id}
      <br />
      <span className="hs-mono">{token.text === '' ? token.display : JSON.stringify(token.text)}</span>
      {tints && (
        <>
          <br />
          {valueText(tints, index)}
        </>
      )}
    </div>
  );
}

function valueText({ strengths, limit, signed }: StripTints, index: number): string {
  const strength = strengths[index] ?? 0;
  if (!signed) return `p = ${formatProbability(strength ** 2 * limit)}`;
  const cut = Math.abs(strength) === 1 ? 'beyond ' : '';
  return `Δ −log p = ${cut}${formatSigned(strength * limit)} nats`;
}
