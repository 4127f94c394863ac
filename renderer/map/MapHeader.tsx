import type { ReactNode } from 'react';
import type { Badge as BadgeName } from '../../shared/model/badge.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import type { TileReducer, TileValue } from '../../shared/tensor/tile.ts';
import { Badge } from '../components/Badge.tsx';
import { headingText } from './words.ts';

export interface MapHeaderProps {
  readonly head: HeadId;
  readonly level: number;
  readonly value: TileValue;
  readonly reducer: TileReducer;
  readonly scale: 'log' | 'linear';
  readonly badge: BadgeName;
  /** The map is that of the run with interventions. */
  readonly ofAblatedRun: boolean;
  readonly ablated: boolean;
  /** Beside the heading. */
  readonly search: ReactNode;
  /** Under the controls. */
  readonly notes?: ReactNode;
  /** The controls. */
  readonly children: ReactNode;
}

/** What the map shows, in words. */
export function MapHeader(props: MapHeaderProps) {
  const { head, value, reducer, level, scale, badge, ablated, children } = props;
  return (
    <header className="hs-map__header">
      <h2 className="hs-map__title">
        <b>{formatHead(head)}</b>
        <span className="hs-map__axes">query ↓ key →</span>
        <span>{headingText(value, reducer, level, scale)}</span>
        <Badge badge={badge} />
        {props.ofAblatedRun && (
          <span className="hs-map__badge" title="Attention in the run with the interventions (C shows the clean run)">
            ablated run
          </span>
        )}
        {ablated && (
          <span
            className="hs-map__badge hs-map__badge--ablated"
            title={`The output of ${formatHead(head)} is changed; the map still shows where the head looks`}
          >
            head ablated
          </span>
        )}
      </h2>
      {props.search}
      {children}
      {props.notes}
    </header>
  );
}
