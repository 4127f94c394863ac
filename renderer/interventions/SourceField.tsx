import { useEffect, useState } from 'react';
import { toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { Alignment } from '../../shared/model/effect.ts';
import { choiceParameter, type Intervention, type InterventionSource } from '../../shared/model/intervention.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { TaskInfo } from '../../shared/model/task.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { plural } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { Button } from '../components/Button.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { NumberSetting } from '../components/NumberSetting.tsx';
import { inIdMode } from '../state/selectors.ts';
import { AlignmentView } from './AlignmentView.tsx';
import { sourceText, splitPrompts } from './source-text.ts';

interface SourceFieldProps {
  readonly entry: Intervention;
  /** Of the prompt on screen. */
  readonly tokens: readonly TokenView[];
  readonly onChange: (source: InterventionSource | undefined) => void;
}

type From = 'none' | 'prompts' | 'task';

/** Which other prompts an entry reads: written ones, or samples of a task. */
export function SourceField({ entry, tokens, onChange }: SourceFieldProps) {
  const need = interventionKind(entry.what).sources;
  const { source } = entry;
  const [chosen, setChosen] = useState<From>();
  const from = chosen ?? fromOf(source, need === 'optional');
  return (
    <div className="hs-entry__source">
      <div className="hs-entry__field">
        <span className="hs-entry__label" title="Whose values this entry takes over">
          Other prompts
        </span>
        <Segmented<From>
          label="Where the other prompts come from"
          value={from}
          onChange={(next) => {
            setChosen(next);
            if (next === 'none') onChange(undefined);
          }}
          options={[
            ...(need === 'optional' ? [{ value: 'none', label: 'This prompt' } as const] : []),
            { value: 'prompts', label: need === 'one' ? 'A written one' : 'Written ones' },
            { value: 'task', label: need === 'one' ? 'A sample of a task' : 'Samples of a task' },
          ]}
        />
        <span className="hs-dim hs-small">{source ? sourceText(source) : need === 'optional' ? '' : 'none yet'}</span>
      </div>
      {from === 'prompts' && <WrittenPrompts entry={entry} tokens={tokens} onChange={onChange} />}
      {from === 'task' && <TaskSamples source={source} single={need === 'one'} onChange={onChange} />}
    </div>
  );
}

function fromOf(source: InterventionSource | undefined, isOptional: boolean): From {
  if (!source) return isOptional ? 'none' : 'prompts';
  return 'task' in source ? 'task' : 'prompts';
}

/** Text becomes ids when it is taken; what is taken is shown again from its ids. */
function WrittenPrompts({ entry, tokens, onChange }: SourceFieldProps) {
  const { session } = useApp();
  const idMode = useAppState(inIdMode);
  const own = useAppState(({ prompt }) => prompt.text);
  const ownIds = useAppState(({ prompt }) => prompt.idsText);
  const bos = useAppState(({ prompt }) => prompt.bos);
  const kind = interventionKind(entry.what);
  const single = kind.sources === 'one';
  const prompts = entry.source && 'prompts' in entry.source ? entry.source.prompts : undefined;
  const taken = useTokens(prompts);
  const [draft, setDraft] = useState<string>();
  const [error, setError] = useState<WireError>();
  const known = taken && (idMode ? prompts!.map((ids) => ids.join(' ')) : taken.map(textOf)).join('\n\n');
  // An edited copy of the prompt is the usual other one.
  const text = draft ?? known ?? (idMode ? ownIds : own);

  async function take(): Promise<void> {
    try {
      const parts = splitPrompts(text, single);
      const found = await Promise.all(parts.map((part) => session.tokenize(part, bos)));
      setError(undefined);
      setDraft(undefined);
      onChange({ prompts: found.map(({ ids }) => [...ids]) });
    } catch (failure) {
      setError(toWireError(failure));
    }
  }

  return (
    <>
      <textarea
        className="hs-field hs-entry__text"
        aria-label={single ? 'Text of the other prompt' : 'Texts of the other prompts, a blank line between two'}
        aria-invalid={error !== undefined}
        rows={3}
        value={text}
        onChange={({ target }) => setDraft(target.value)}
      />
      <div className="hs-entry__field">
        <Button small look={prompts && draft === undefined ? 'plain' : 'primary'} onClick={() => void take()}>
          {single ? 'Take this prompt' : 'Take these prompts'}
        </Button>
        <span className={error ? 'hs-entry__problem' : 'hs-dim hs-small'} role={error ? 'alert' : undefined}>
          {error
            ? `${error.message} ${error.hint ?? ''}`
            : single
              ? 'Edit the copy of the prompt, then take it.'
              : 'A blank line stands between two prompts.'}
        </span>
      </div>
      {taken?.[0] && kind.parameters.some(({ id }) => id === 'align') && (
        <AlignmentView clean={tokens} other={taken[0]} how={choiceParameter(entry, 'align') as Alignment} />
      )}
    </>
  );
}

/** What the ids of prompts look like; undefined while that is not known. */
function useTokens(prompts: readonly (readonly number[])[] | undefined): readonly (readonly TokenView[])[] | undefined {
  const { session } = useApp();
  const [found, setFound] = useState<{ readonly of: string; readonly tokens: readonly (readonly TokenView[])[] }>();
  const key = prompts && JSON.stringify(prompts);
  useEffect(() => {
    if (key === undefined) return undefined;
    let isCurrent = true;
    const asked = (JSON.parse(key) as number[][]).map((ids) => session.tokensOf(Int32Array.from(ids)));
    Promise.all(asked)
      .then((tokens) => {
        if (isCurrent) setFound({ of: key, tokens });
      })
      // The ids are there all the same; only what they look like is missing.
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [key, session]);
  return found && found.of === key ? found.tokens : undefined;
}

function textOf(tokens: readonly TokenView[]): string {
  return tokens
    .filter(({ special }) => !special)
    .map(({ text }) => text)
    .join('');
}

interface TaskSamplesProps {
  readonly source: InterventionSource | undefined;
  readonly single: boolean;
  readonly onChange: (source: InterventionSource) => void;
}

function TaskSamples({ source, single, onChange }: TaskSamplesProps) {
  const { session } = useApp();
  const [tasks, setTasks] = useState<readonly TaskInfo[]>();
  useEffect(() => {
    let isCurrent = true;
    session
      .listTasks()
      .then((list) => {
        if (isCurrent) setTasks(list);
      })
      .catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [session]);
  const usual = { task: tasks?.find(({ unavailable }) => unavailable === null)?.id, samples: single ? 1 : 16, seed: 0 };
  const { task, samples, seed } = source && 'task' in source ? source : usual;
  const isTaken = source !== undefined && 'task' in source;
  const set = (change: { task?: string; samples?: number; seed?: number }) => {
    const next = { task, samples, seed, ...change };
    if (next.task !== undefined) onChange({ ...next, task: next.task });
  };
  if (!tasks) return <p className="hs-dim">The tasks are on their way.</p>;
  return (
    <div className="hs-entry__field">
      <select
        className="hs-select"
        aria-label="Task whose samples are read"
        value={task}
        onChange={({ target }) => set({ task: target.value })}
      >
        {tasks.map(({ id, name, unavailable }) => (
          <option key={id} value={id} disabled={unavailable !== null} title={unavailable ?? undefined}>
            {name}
          </option>
        ))}
      </select>
      {!single && (
        <NumberSetting
          className="hs-parameters__field"
          label="samples"
          title="How many prompts are made"
          value={samples}
          min={1}
          max={1024}
          onChange={(value) => set({ samples: value })}
        />
      )}
      <NumberSetting
        className="hs-parameters__field"
        label="seed"
        title="The same seed makes the same prompts"
        value={seed}
        min={0}
        max={2 ** 32 - 1}
        onChange={(value) => set({ seed: value })}
      />
      {!isTaken && (
        <Button small look="primary" onClick={() => set({})}>
          Take {plural(samples, 'sample')}
        </Button>
      )}
    </div>
  );
}
