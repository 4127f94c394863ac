import { memo } from 'react';
import type { GeneratedToken } from '../../shared/model/generation.ts';
import { classNames } from '../base/class-names.ts';
import { quantise } from '../../shared/view/prompt/strip-tints.ts';
import type { LineKind } from '../state/generation-state.ts';

interface GeneratedChipProps {
  readonly kind: LineKind;
  readonly step: number;
  readonly token: GeneratedToken;
  readonly isRead: boolean;
}

/** A token with its probability as tint. Events are handled by the text around it, by line and step. */
export const GeneratedChip = memo(function GeneratedChip({ kind, step, token, isRead }: GeneratedChipProps) {
  return (
    <span
      data-line={kind}
      data-step={step}
      className={classNames('hs-token', kind === 'changed' && 'hs-token--changed', isRead && 'hs-token--focus')}
      style={{ '--strength': quantise(token.prob) } as React.CSSProperties}
    >
      {token.display}
    </span>
  );
});
