import type { ReactNode } from 'react';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { MapTitle, type MapTitleProps } from './MapTitle.tsx';

export interface MapHeaderProps extends Omit<MapTitleProps, 'name'> {
  readonly head: HeadId;
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

/** Heading of one head's map, with its controls. */
export function MapHeader(props: MapHeaderProps) {
  const { head, level, options, badge, leftOut } = props;
  return (
    <header className="hs-map__header">
      <MapTitle name={formatHead(head)} level={level} options={options} badge={badge} leftOut={leftOut}>
        {props.ofAblatedRun && (
          <span className="hs-map__badge" title="Attention in the run with the interventions (C shows the clean run)">
            ablated run
          </span>
        )}
        {props.ablated && (
          <span
            className="hs-map__badge hs-map__badge--ablated"
            title={`The output of ${formatHead(head)} is changed; the map still shows where the head looks`}
          >
            head ablated
          </span>
        )}
      </MapTitle>
      {props.search}
      {props.children}
      {props.notes}
    </header>
  );
}
