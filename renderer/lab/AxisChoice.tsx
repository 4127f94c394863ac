import { COST_WORDS, LAB_COSTS, LAB_MEASURES, MEASURE_WORDS, type LabMeasure } from '../../shared/view/lab/measures.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Switch } from '../components/Switch.tsx';
import { WordsSelect } from './WordsSelect.tsx';

interface AxisChoiceProps {
  readonly measure: LabMeasure;
  readonly onMeasure: (measure: LabMeasure) => void;
}

/** What a plot of methods shows: a measure against a cost, which all plots of the lab have in common. */
export function AxisChoice({ measure, onMeasure }: AxisChoiceProps) {
  const { session } = useApp();
  const cost = useAppState(({ lab }) => lab.settings.cost);
  const logCost = useAppState(({ lab }) => lab.settings.logCost);
  return (
    <div className="hs-effects__form">
      <WordsSelect label="up" words={MEASURE_WORDS} options={LAB_MEASURES} value={measure} onChange={onMeasure} />
      <WordsSelect
        label="across"
        words={COST_WORDS}
        options={LAB_COSTS}
        value={cost}
        onChange={(next) => session.lab.look({ cost: next })}
      />
      <Switch label="log" checked={logCost} onChange={(next) => session.lab.look({ logCost: next })} />
    </div>
  );
}
