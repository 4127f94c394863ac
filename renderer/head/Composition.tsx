import type { HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { Segmented } from '../components/Segmented.tsx';
import { compositionKey } from '../engine/head-page-keys.ts';
import type { CompositionKind } from '../state/head-page-state.ts';
import { patch } from '../state/store.ts';
import { HeadChips } from './HeadChips.tsx';
import { composedWith } from './linked-heads.ts';
import { PageSection } from './PageSection.tsx';

const MOST = 6;
const KINDS = [
  { value: 'q', label: 'Q', title: 'Through the query of the later head' },
  { value: 'k', label: 'K', title: 'Through the key of the later head' },
  { value: 'v', label: 'V', title: 'Through the value of the later head' },
] as const;

/** Heads that its weights compose with, beside what random weights give. */
export function Composition({ model, head }: { readonly model: ModelInfo; readonly head: HeadId }) {
  const { store } = useApp();
  const kind = useAppState(({ headPage }) => headPage.composition);
  const isLive = useAppState((state) => state.model.live);
  const key = compositionKey(model.modelId, head, kind);
  const { value, stale, error } = useKeptData(key, `${model.modelId}/${kind}/${head.layer}/${head.head}`);
  const found = value && composedWith(value.values, head, model.heads, MOST);
  return (
    <PageSection
      title="Composition"
      side={
        <Segmented<CompositionKind>
          label="Composition through"
          options={KINDS}
          value={kind}
          onChange={(composition) => patch(store, 'headPage', { composition })}
        />
      }
      stale={stale}
      error={error}
      retry={key}
    >
      {value && found ? (
        <>
          {found.reads.length > 0 && (
            <div className="hs-head-links">
              <span className="hs-dim">reads</span>
              <HeadChips label="Reads what these heads write" heads={found.reads} />
            </div>
          )}
          {found.writes.length > 0 && (
            <div className="hs-head-links">
              <span className="hs-dim">is read by</span>
              <HeadChips label="Is read by these heads" heads={found.writes} />
            </div>
          )}
          <p className="hs-dim">
            Norm of the product of both circuits over the product of their norms; random weights give{' '}
            {formatNumber(value.floor)}.
          </p>
        </>
      ) : (
        <p className="hs-dim">{isLive ? 'Being computed.' : 'The weights are not open: a session keeps none.'}</p>
      )}
    </PageSection>
  );
}
