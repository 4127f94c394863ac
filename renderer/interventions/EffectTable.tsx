import type { RunComparison, RunSummary, TokenLogits } from '../../shared/model/run.ts';
import { formatSigned } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import type { LogitToken } from '../head/logit-tokens.ts';
import { patch } from '../state/store.ts';
import {
  effectNumbers,
  formatChange,
  formatDivergence,
  formatShare,
  logitDifference,
  type EffectNumbers,
} from './effect-numbers.ts';
import { pairChoices, type AskedLogits } from './logit-pair.ts';

export interface EffectColumn {
  /** `A`, `B`; undefined where there is one alone. */
  readonly letter: 'A' | 'B' | undefined;
  readonly name: string;
  readonly comparison: RunComparison;
  readonly logits: TokenLogits | undefined;
  readonly computedFrom: number | undefined;
}

interface EffectTableProps {
  /** Of the clean run. */
  readonly summary: RunSummary;
  readonly columns: readonly EffectColumn[];
  /** From A to B, where both are there. */
  readonly between: RunComparison | undefined;
  /** Numbers of an earlier run. */
  readonly isOld: { readonly b: boolean; readonly between: boolean };
  readonly asked: AskedLogits | undefined;
  readonly clean: TokenLogits | undefined;
  /** Why there are no logits. */
  readonly logitsError: string | undefined;
}

interface Row {
  readonly name: string;
  readonly title: string;
  readonly value: (numbers: EffectNumbers) => string;
}

const ROWS: readonly Row[] = [
  {
    name: 'KL(clean ‖ ablated), last position, nats',
    title: 'How far the next-token distribution moved from the clean one; 0 = not at all',
    value: ({ klLast }) => formatDivergence(klLast),
  },
  {
    name: 'KL(clean ‖ ablated), mean of all, nats',
    title: 'The same divergence, averaged over every position of the prompt',
    value: ({ klMean }) => formatDivergence(klMean),
  },
  {
    name: '−log p, mean change of all, nats',
    title: 'Ablated − clean, averaged over the tokens of the prompt: above 0, the prompt became less likely',
    value: ({ nll }) => formatChange(nll),
  },
  {
    name: 'Same likeliest next token',
    title: 'Share of positions after which the likeliest token is the one of the clean run',
    value: ({ agreement }) => (agreement === undefined ? '–' : formatShare(agreement)),
  },
];

/** The effect in a few numbers. Direction, unit and position set stand with each. */
export function EffectTable(props: EffectTableProps) {
  const { summary, columns, between, isOld, asked, clean, logitsError } = props;
  const numbers = columns.map(({ comparison }) => effectNumbers(comparison));
  const apart = between && effectNumbers(between);
  const isAlone = columns.length === 1;
  return (
    <table className={isAlone ? 'hs-effect' : 'hs-effect hs-effect--both'}>
      <thead hidden={isAlone}>
        <tr>
          <th scope="col">
            <span className="hs-visually-hidden">number</span>
          </th>
          {columns.map(({ letter, name }) => (
            <th key={name} scope="col" className="hs-number" title={name}>
              {letter ?? name}
            </th>
          ))}
          {!isAlone && (
            <th scope="col" className="hs-number" title="From A to B: A in the place of the clean run">
              A → B
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {ROWS.map(({ name, title, value }) => (
          <tr key={name} title={title}>
            <th scope="row">{name}</th>
            {numbers.map((own, at) => (
              <td key={columns[at]!.name} className={oldLook(isOld.b && columns[at]!.letter === 'B')}>
                {value(own)}
              </td>
            ))}
            {!isAlone && <td className={oldLook(isOld.between)}>{apart ? value(apart) : '–'}</td>}
          </tr>
        ))}
        {asked && (
          <tr
            title={
              logitsError ??
              `Logit of the first token − logit of the second, after token ${asked.position}, the pinned or the last one`
            }
          >
            <th scope="row">
              Logit{' '}
              <LogitPickers asked={asked} choices={pairChoices(summary, asked.position, columns[0]?.comparison)} />
              <span className="hs-dim hs-nowrap"> clean {clean ? formatSigned(logitDifference(clean)) : '–'}</span>
            </th>
            {columns.map(({ name, logits }) => (
              <td key={name}>
                {clean && logits ? (
                  <>
                    {formatSigned(logitDifference(logits))}{' '}
                    <span className="hs-dim">Δ {formatSigned(logitDifference(logits) - logitDifference(clean))}</span>
                  </>
                ) : (
                  '–'
                )}
              </td>
            ))}
            {!isAlone && <td>{betweenLogits(columns)}</td>}
          </tr>
        )}
        <tr title="The layers below are those of the clean run: an intervention cannot change them">
          <th scope="row">Computed anew from layer</th>
          {columns.map(({ name, computedFrom }) => (
            <td key={name}>{computedFrom ?? '–'}</td>
          ))}
          {!isAlone && <td />}
        </tr>
      </tbody>
    </table>
  );
}

function oldLook(whether: boolean): string | undefined {
  return whether ? 'hs-stale' : undefined;
}

function betweenLogits([a, b]: readonly EffectColumn[]): string {
  return a?.logits && b?.logits ? `Δ ${formatSigned(logitDifference(b.logits) - logitDifference(a.logits))}` : '–';
}

interface LogitPickersProps {
  readonly asked: AskedLogits;
  readonly choices: readonly LogitToken[];
}

/** The two tokens whose logits are subtracted. */
function LogitPickers({ asked, choices }: LogitPickersProps) {
  const { store } = useApp();
  const { token, against } = asked;
  const set = (pair: { readonly token: number; readonly against: number }) => patch(store, 'ui', { logitPair: pair });
  return (
    <>
      <TokenSelect
        label="Token whose logit is read"
        value={token}
        choices={choices}
        onChange={(id) => set({ token: id, against: id === against ? token : against })}
      />{' '}
      −{' '}
      <TokenSelect
        label="Token whose logit is subtracted"
        value={against}
        choices={choices}
        onChange={(id) => set({ token: id === token ? against : token, against: id })}
      />
    </>
  );
}

interface TokenSelectProps {
  readonly label: string;
  readonly value: number;
  readonly choices: readonly LogitToken[];
  readonly onChange: (id: number) => void;
}

function TokenSelect({ label, value, choices, onChange }: TokenSelectProps) {
  const isListed = choices.some(({ id }) => id === value);
  return (
    <select
      className="hs-select hs-mono hs-effect__token"
      aria-label={label}
      value={value}
      onChange={({ target }) => onChange(Number(target.value))}
    >
      {!isListed && <option value={value}>#{value}</option>}
      {choices.map(({ id, display }) => (
        <option key={id} value={id}>
          {display}
        </option>
      ))}
    </select>
  );
}
