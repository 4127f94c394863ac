import { useMemo, type ComponentType } from 'react';
import type { ScoreTable } from '../../shared/model/score.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import type { HeadAtlasProps } from '../atlas/HeadAtlas.tsx';
import { compareScores } from '../../shared/view/atlas/compare-scores.ts';
import { furtherKey, scoresKey } from '../engine/data-keys.ts';
import { furtherChoice } from '../engine/score-choice.ts';
import type { ScoreEntry } from '../scores/score-entries.ts';

interface SplitAtlasProps {
  /** Draws one atlas. */
  readonly Atlas: ComponentType<HeadAtlasProps>;
  /** Of the ablated run. */
  readonly entry: ScoreEntry;
  /** What all have alike. */
  readonly common: HeadAtlasProps;
}

/** One score before and after, on one scale, and the difference. */
export function SplitAtlas({ Atlas, entry, common }: SplitAtlasProps) {
  const { table } = entry;
  const before = useCleanTable(entry);
  const { layers, heads } = common;
  const compared = useMemo(() => {
    const shape = { layers, heads };
    return table && before ? compareScores(table, before, shape, shape) : undefined;
  }, [table, before, layers, heads]);
  if (!compared) {
    return (
      <p className="hs-dim hs-split-atlas__note">
        {entry.origin || entry.info.data === 'weights'
          ? 'This score is not of the run: the interventions do not change it.'
          : 'There are no values of this score for both runs.'}
      </p>
    );
  }
  const parts = [
    { title: 'Clean', score: compared.b, ablated: [], signed: false },
    { title: 'Ablated', score: compared.a, ablated: common.ablated, signed: false },
    { title: 'Ablated − clean', score: compared.difference, ablated: common.ablated, signed: true },
  ];
  return (
    <div className="hs-split-atlas">
      {parts.map(({ title, score, ablated, signed }) => (
        <section key={title} aria-label={title}>
          <h3>{title}</h3>
          <Atlas {...common} score={score} name={`${entry.info.name}, ${title}`} ablated={ablated} signed={signed} />
        </section>
      ))}
    </div>
  );
}

/** The same score of the clean run, from wherever it came. */
function useCleanTable({ info, origin }: ScoreEntry): ScoreTable | undefined {
  const clean = useAppState(({ run }) => run.clean);
  const scores = useAppState((state) => state.scores);
  const further = JSON.stringify(furtherChoice(scores));
  const own = useData(clean && scoresKey(clean.key));
  const more = useData(clean && furtherKey(clean.key, further));
  if (origin) return undefined;
  return [own, more]
    .flatMap((found) => (found?.status === 'ready' ? found.value : []))
    .find((one) => one.info.id === info.id && one.values !== null);
}
