import type { ReactNode } from 'react';
import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import { Badge } from '../components/Badge.tsx';
import type { MapOptions } from './MapToolbar.tsx';
import { headingText } from '../../shared/view/map/value-words.ts';

export interface MapTitleProps {
  readonly name: string;
  readonly level: number;
  readonly options: MapOptions;
  readonly badge: BadgeName;
  /** `without key 0`; empty: with all keys. */
  readonly leftOut: string;
  /** Marks of a run or head that is not as it was. */
  readonly children?: ReactNode;
}

/** What a map shows, in words. */
export function MapTitle({ name, level, options, badge, leftOut, children }: MapTitleProps) {
  return (
    <h2 className="hs-map__title">
      <b>{name}</b>
      <span className="hs-map__axes">query ↓ key →</span>
      <span>
        {headingText(options.value, options.reducer, level, options.scale)}
        {leftOut !== '' && `, ${leftOut}`}
      </span>
      <Badge badge={badge} />
      {children}
    </h2>
  );
}
