import type { HeadId } from '../../shared/model/head-id.ts';
import { formatNumber, plural } from '../../shared/view/format.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { descriptorsKey } from '../engine/head-page-keys.ts';
import type { RunHandle } from '../state/run-state.ts';
import { HeadChips } from './HeadChips.tsx';
import { likenessOf } from './linked-heads.ts';
import { PageSection } from './PageSection.tsx';

interface SimilarHeadsProps {
  readonly run: RunHandle;
  readonly head: HeadId;
  readonly heads: number;
}

/** Heads whose pattern descriptors are near on this prompt. */
export function SimilarHeads({ run, head, heads }: SimilarHeadsProps) {
  const scope = useAppState(({ model }) => model.info?.modelId ?? '');
  const key = descriptorsKey(run.key);
  const { value, stale, error } = useKeptData(key, scope);
  const likeness = value && likenessOf(value, head, heads);
  return (
    <PageSection
      title="Similar heads"
      side={<span title="Euclidean, over standardised features">distance of descriptors</span>}
      stale={stale}
      error={error}
      retry={key}
    >
      {value && likeness ? (
        <>
          <HeadChips label="Similar heads" heads={likeness.nearest} />
          <p className="hs-dim" title={value.features.join(', ')}>
            Cluster {likeness.cluster} of {plural(likeness.clusterSize, 'head')};{' '}
            {plural(value.features.length, 'feature')}, silhouette {formatNumber(value.silhouette)}, agreement between
            seeds {formatNumber(value.stability)}.
          </p>
        </>
      ) : (
        <p className="hs-dim">Being computed.</p>
      )}
    </PageSection>
  );
}
