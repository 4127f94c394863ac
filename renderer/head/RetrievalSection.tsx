import { useMemo } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import { formatNumber, plural } from '../../shared/view/format.ts';
import { useData } from '../app/use-data.ts';
import { Badge } from '../components/Badge.tsx';
import { originKey } from '../engine/data-keys.ts';
import type { ScoreOrigin } from '../state/scores-state.ts';
import { PageSection } from './PageSection.tsx';
import { RetrievalRaster } from './RetrievalRaster.tsx';
import { rasterRows } from './retrieval-rows.ts';

interface RetrievalSectionProps {
  readonly origin: ScoreOrigin;
  readonly head: HeadId;
  readonly heads: number;
}

const MOST_ROWS = 24;

/** What the retrieval score of a probe set rests on; nothing where the set has none. */
export function RetrievalSection({ origin, head, heads }: RetrievalSectionProps) {
  const entry = useData(originKey(origin.id));
  const of = entry?.status === 'ready' ? entry.value : undefined;
  const detail = of?.retrieval;
  const raster = useMemo(() => detail && rasterRows(detail.raster, head, heads, MOST_ROWS), [detail, head, heads]);
  if (!of || !detail || !raster) return undefined;
  const table = of.tables.find(({ info }) => info.id === 'retrieval');
  const at = head.layer * heads + head.head;
  const { tokens } = detail.raster;
  return (
    <PageSection
      title={`Retrieval, ${origin.name}`}
      side={table && table.info.badge !== 'exact' && <Badge badge={table.info.badge} />}
    >
      <p>
        Kept {detail.kept} of {origin.detail}; gate: {detail.gate}.
      </p>
      <dl className="hs-retrieval">
        <Reading name="score" title={table?.info.definition} value={formatNumber(table?.values?.[at] ?? NaN)} />
        <Reading
          name="active in"
          title="Share of the kept samples in which the head copied anything"
          value={percent(detail.activation[at]!)}
        />
        <Reading
          name="attempted"
          title="The score over all samples, answered right or not"
          value={formatNumber(detail.attempted[at]!)}
        />
      </dl>
      {tokens > 0 && (
        <>
          <RetrievalRaster rows={raster.rows} tokens={tokens} selected={head} />
          <p className="hs-dim">
            Share of the samples, answered right or not, in which the strongest key of the head was the needle token
            that was being generated. {plural(raster.hitting, 'head')} of {detail.activation.length} tried any
            {raster.hitting > MOST_ROWS && `; ${MOST_ROWS} rows are shown, this head and the strongest`}.
          </p>
        </>
      )}
    </PageSection>
  );
}

interface ReadingProps {
  readonly name: string;
  readonly title: string | undefined;
  readonly value: string;
}

function Reading({ name, title, value }: ReadingProps) {
  return (
    <div title={title}>
      <dt className="hs-dim">{name}</dt>
      <dd className="hs-number">{value}</dd>
    </div>
  );
}

/** Of no samples there is no share. */
function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(0)}%`;
}
