/** What figures of sweeps and patching say of themselves: the result travels in the recipe and knows what it is of. */
import type { Badge } from '../../model/badge.ts';
import type { Change } from '../../model/effect.ts';
import type { EffectAbout } from '../../model/effect-results.ts';
import { aboutText } from '../../view/effects/about-text.ts';
import { inexactBadges, inexactText, type FigureOrigin } from '../origin.ts';
import type { PageText } from '../page.ts';
import type { FigureSource } from '../source.ts';
import { shownHash } from '../source.ts';

export interface EffectPage {
  readonly origin: FigureOrigin;
  readonly notes: readonly string[];
  readonly text: PageText;
}

interface EffectWords {
  readonly about: EffectAbout;
  readonly change?: Change;
  readonly badges: readonly Badge[];
  readonly name: string;
  readonly details: string;
  readonly caption: readonly string[];
}

export function effectPage({ runs }: FigureSource, words: EffectWords): EffectPage {
  const { about, change, badges, name, details, caption } = words;
  const { clean } = runs;
  const origin: FigureOrigin = {
    badges,
    interventions: [],
    providers: clean && clean.modelId === about.modelId ? [clean.provider] : [],
  };
  return {
    origin,
    notes: [],
    text: {
      name,
      details,
      inexact: inexactBadges(origin),
      caption: [
        ...caption,
        aboutText(about, change),
        inexactText(origin),
        `Model ${about.model} (${shownHash(about.modelId)}).`,
      ],
    },
  };
}
