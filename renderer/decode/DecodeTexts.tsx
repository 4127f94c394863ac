/**
 * The dense continuation and the one under the method, token under token. A single tab stop; arrow keys move from step
 * to step and between the two.
 */
import type { KeyboardEvent } from 'react';
import type { MethodGeneration } from '../../shared/model/method-views.ts';
import { formatProbability } from '../../shared/view/format.ts';
import { quantise } from '../../shared/view/prompt/strip-tints.ts';
import { classNames } from '../base/class-names.ts';
import type { DecodeState } from '../state/decode-state.ts';

type Under = DecodeState['under'];

interface DecodeTextsProps {
  readonly name: string;
  readonly dense: MethodGeneration;
  readonly method: MethodGeneration;
  readonly difference: number | null;
  readonly under: Under;
  readonly step: number;
  readonly onStep: (under: Under, step: number) => void;
}

export function DecodeTexts({ name, dense, method, difference, under, step, onStep }: DecodeTextsProps) {
  const lines = [
    { under: 'dense' as const, name: 'Dense', line: dense },
    { under: 'method' as const, name, line: method },
  ];
  const steps = Math.max(dense.tokens.length, method.tokens.length);

  function onKeyDown(event: KeyboardEvent): void {
    const moved = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: Infinity }[event.key];
    const other = { ArrowDown: 'method' as const, ArrowUp: 'dense' as const }[event.key] ?? under;
    if (moved === undefined && other === under) return;
    event.preventDefault();
    event.stopPropagation();
    const last = (other === 'dense' ? dense : method).tokens.length - 1;
    onStep(other, Math.max(0, Math.min(last, moved ?? step)));
  }

  return (
    <div
      className="hs-decode__texts"
      role="application"
      aria-roledescription="token strip"
      aria-label="Generated tokens, dense above the method. Arrow keys move from step to step."
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <span className="hs-decode__pair hs-decode__pair--names" aria-hidden="true">
        {lines.map((each) => (
          <span
            key={each.under}
            className={classNames(each.under === under && 'hs-decode__name--read')}
            title={each.name}
          >
            {each.name}
          </span>
        ))}
      </span>
      {Array.from({ length: steps }, (_, at) => (
        <span
          key={at}
          className={classNames('hs-decode__pair', at === difference && 'hs-decode__pair--difference')}
          title={at === difference ? 'The first token that is another one' : undefined}
        >
          {lines.map(({ under: own, line }) => {
            const token = line.tokens[at];
            return token ? (
              <button
                key={own}
                type="button"
                tabIndex={-1}
                className={classNames(
                  'hs-token',
                  own === 'method' && 'hs-token--changed',
                  own === under && at === step && 'hs-token--pinned',
                )}
                style={{ '--strength': quantise(token.prob) } as React.CSSProperties}
                title={`step ${at + 1}, p = ${formatProbability(token.prob)}`}
                onClick={() => onStep(own, at)}
              >
                {token.display}
              </button>
            ) : (
              <span key={own} className="hs-token">
                {'\u00a0'}
              </span>
            );
          })}
        </span>
      ))}
    </div>
  );
}
