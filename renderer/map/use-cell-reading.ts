import { useEffect, useState } from 'react';
import type { CellReading } from '../../shared/contract/methods.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { LeftOut } from '../../shared/view/map/sink-mode.ts';
import type { MapSource } from './map-source.ts';
import type { CellAddress } from './viewport.ts';

/** The cell under the pointer in full, as the map shows it: asked for at most once a frame, the latest wins, undefined until it is here. */
export function useCellReading(
  source: Pick<MapSource, 'cell'>,
  runId: string,
  { layer, head }: HeadId,
  cell: CellAddress | undefined,
  out: LeftOut,
): CellReading | undefined {
  const [answer, setAnswer] = useState<{ readonly question: string; readonly reading: CellReading }>();
  const { query, key } = cell ?? {};
  // A key that is left out has its share of the whole row.
  const rescaled = out.renormalise && key !== undefined && key >= out.skipKeys ? out.skipKeys : 0;
  const question = [runId, layer, head, query, key, rescaled].join(' ');
  useEffect(() => {
    if (query === undefined || key === undefined) return undefined;
    const controller = new AbortController();
    const frame = requestAnimationFrame(() => {
      source.cell({ runId, layer, head, query, key, skipKeys: rescaled }, controller.signal).then(
        (reading) => {
          if (!controller.signal.aborted) setAnswer({ question, reading });
        },
        () => undefined, // the line then says what the tile knows
      );
    });
    return () => {
      cancelAnimationFrame(frame);
      controller.abort();
    };
  }, [source, question, runId, layer, head, query, key, rescaled]);
  return answer?.question === question ? answer.reading : undefined;
}
