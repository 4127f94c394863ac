/**
 * Map and atlas on made-up heads, for looking at them and for screenshots. Not part of the app's bundle.
 *
 * `npx vite renderer`, then `/map/gallery/index.html?view=map&n=300&theme=light&width=900&height=620`.
 */
import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import type { MapOptions } from '../MapToolbar.tsx';
import { MapView } from '../MapView.tsx';
import { syntheticHead, syntheticTokens } from './synthetic-head.ts';
import { DistanceProfile } from '../../atlas/DistanceProfile.tsx';
import { HeadAtlas } from '../../atlas/HeadAtlas.tsx';
import { RankedHeads } from '../../atlas/RankedHeads.tsx';
import { sameHead, type HeadId } from '../../../shared/model/head-id.ts';
import { syntheticScores } from './synthetic-scores.ts';
import '../../styles/tokens.css';
import '../../styles/base.css';

const query = new URLSearchParams(location.search);
const number = (name: string, otherwise: number) => Number(query.get(name) ?? otherwise);
document.documentElement.dataset['theme'] = query.get('theme') ?? 'dark';

function MapPage() {
  const count = number('n', 300);
  const [seed, setSeed] = useState(1);
  const tokens = useMemo(() => syntheticTokens(count), [count]);
  const head = useMemo(() => syntheticHead(count, seed, number('delay', 25)), [count, seed]);
  const [options, setOptions] = useState<MapOptions>({
    value: (query.get('value') ?? 'probability') as MapOptions['value'],
    reducer: (query.get('reducer') ?? 'max') as MapOptions['reducer'],
    scale: query.get('scale') === 'linear' ? 'linear' : 'log',
    gamma: number('gamma', 1),
    sinkMode: query.has('nosink') ? 'exclude' : 'gutter',
  });
  const [pinned, setPinned] = useState<number | undefined>(query.has('pin') ? number('pin', 0) : undefined);
  const [hovered, setHovered] = useState<number>();
  const [ablated, setAblated] = useState(false);
  return (
    <>
      <div style={{ width: number('width', 900), height: number('height', 620) }}>
        <MapView
          runId={`synthetic-${seed}`}
          head={{ layer: 2, head: seed + 4 }}
          tokens={tokens}
          source={head.source}
          profile={head.profile}
          pinnedToken={pinned}
          onPinToken={setPinned}
          onMarkToken={setPinned}
          hoverToken={hovered}
          onHoverToken={setHovered}
          options={options}
          onOptions={(change) => {
            setOptions({ ...options, ...change });
          }}
          ablated={ablated}
          badge="exact"
          onAblate={() => {
            setAblated(!ablated);
          }}
        />
      </div>
      <button
        type="button"
        data-testid="next-head"
        onClick={() => {
          setSeed(seed + 1);
        }}
      >
        next head
      </button>
    </>
  );
}

function AtlasPage() {
  const [layers, heads, kvHeads] = [number('layers', 4), number('heads', 8), number('kv', 4)];
  const scores = useMemo(() => syntheticScores(layers, heads), [layers, heads]);
  const [sortBy, setSortBy] = useState(query.get('score') ?? 'entropy');
  const [selected, setSelected] = useState<HeadId>({ layer: Math.min(2, layers - 1), head: Math.min(5, heads - 1) });
  const [ablated, setAblated] = useState<readonly HeadId[]>(
    query.has('ablated')
      ? [
          { layer: 1, head: 2 },
          { layer: 3, head: 0 },
        ]
      : [],
  );
  const profile = useMemo(() => syntheticHead(number('n', 300), 1, 0).profile, []);
  return (
    <div
      style={{
        display: 'grid',
        gridTemplateRows: 'minmax(0, auto) minmax(0, 1fr) auto',
        gap: 16,
        boxSizing: 'border-box',
        width: number('width', 372),
        height: number('height', 700),
        padding: 12,
        background: 'var(--surface)',
      }}
    >
      <HeadAtlas
        layers={layers}
        heads={heads}
        kvHeads={kvHeads}
        score={scores.find((score) => score.info.id === sortBy) ?? scores[0]!}
        selected={selected}
        onSelect={setSelected}
        ablated={ablated}
        onToggleAblate={(head) => {
          setAblated(
            ablated.some((other) => sameHead(other, head))
              ? ablated.filter((other) => !sameHead(other, head))
              : [...ablated, head],
          );
        }}
        stale={query.has('stale')}
        busy={query.has('stale')}
      />
      <RankedHeads
        scores={scores.map((table) => ({ key: table.info.id, name: table.info.name, table }))}
        sortBy={sortBy}
        onSortBy={setSortBy}
        selected={selected}
        onSelect={setSelected}
        ablated={ablated}
        layers={layers}
        heads={heads}
      />
      <DistanceProfile profile={profile} head={selected} />
    </div>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(<StrictMode>{query.get('view') === 'atlas' ? <AtlasPage /> : <MapPage />}</StrictMode>);
}
