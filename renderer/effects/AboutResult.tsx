import type { ReactNode } from 'react';
import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import type { Change, ComparedTokens, SweepWork } from '../../shared/model/effect.ts';
import type { EffectAbout } from '../../shared/model/effect-results.ts';
import type { FigureViewId } from '../../shared/figure/recipe.ts';
import { aboutText, targetText, workText } from '../../shared/view/effects/about-text.ts';
import { useApp } from '../app/app-context.ts';
import { Badge } from '../components/Badge.tsx';
import { Button } from '../components/Button.tsx';
import { patch } from '../state/store.ts';

interface AboutResultProps {
  readonly title: string;
  readonly about: EffectAbout;
  readonly change?: Change;
  readonly target?: ComparedTokens;
  readonly work?: SweepWork;
  readonly badge: BadgeName;
  /** Draws it as a figure. */
  readonly figure?: FigureViewId | undefined;
  readonly children?: ReactNode;
}

/** Over a result: what it is called, how its numbers came about, and what they are of. */
export function AboutResult(props: AboutResultProps) {
  const { title, about, change, target, work, badge, figure, children } = props;
  const { store } = useApp();
  return (
    <header className="hs-effects__about">
      <div className="hs-effects__heading">
        <h3>{title}</h3>
        <Badge badge={badge} />
        {children}
        {figure && (
          <Button small onClick={() => patch(store, 'ui', { dialog: 'figure', figureView: figure })}>
            Figure…
          </Button>
        )}
      </div>
      <p className="hs-dim hs-small">
        {[aboutText(about, change), target && targetText(target), work && workText(work)].filter(Boolean).join(' ')}
      </p>
    </header>
  );
}
