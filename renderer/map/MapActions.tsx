import { formatHead, type HeadId } from '../../shared/model/head-id.ts';

export interface MapActionsProps {
  readonly head: HeadId;
  readonly brushing: boolean;
  readonly onBrushing: ((on: boolean) => void) | undefined;
  readonly onCompare: (() => void) | undefined;
  readonly ablated: boolean;
  readonly onAblate: () => void;
}

/** What can be done with the map of one head, at the end of its controls. */
export function MapActions({ head, brushing, onBrushing, onCompare, ablated, onAblate }: MapActionsProps) {
  const name = formatHead(head);
  return (
    <>
      {onBrushing && (
        <button
          type="button"
          aria-pressed={brushing}
          title="Draw a rectangle and read what lies in it (B, or Shift and drag; on the map, B from cell to cell)"
          onClick={() => onBrushing(!brushing)}
        >
          brush
        </button>
      )}
      {onCompare && (
        <button type="button" title={`Put other heads beside ${name} (V)`} onClick={onCompare}>
          compare
        </button>
      )}
      <button
        type="button"
        className={ablated ? 'hs-map__ablate hs-map__ablate--on' : 'hs-map__ablate'}
        title={ablated ? `Restore ${name} (A)` : `Zero the output of ${name} (A)`}
        onClick={onAblate}
      >
        {ablated ? 'restore' : 'ablate'}
      </button>
    </>
  );
}
