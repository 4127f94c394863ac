import { useRef, useState, type DragEvent } from 'react';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useData } from '../app/use-data.ts';
import { classNames } from '../base/class-names.ts';
import { formatCount, plural } from '../../shared/view/format.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { Switch } from '../components/Switch.tsx';
import { summaryKey } from '../engine/data-keys.ts';
import { GenerateBar } from '../generation/GenerateBar.tsx';
import { inIdMode, isPromptEdited } from '../state/selectors.ts';
import { SESSION_EXTENSION } from '../session-file/use-session-drop.ts';
import { patch } from '../state/store.ts';
import { ExamplePicker } from './ExamplePicker.tsx';
import { PromptEditor } from './PromptEditor.tsx';
import { readTextFile } from './read-text-file.ts';
import { TokenStripView } from './TokenStripView.tsx';

export function PromptPanel() {
  const { store, session } = useApp();
  const prompt = useAppState((state) => state.prompt);
  const model = useAppState((state) => state.model.info);
  const clean = useAppState((state) => state.run.clean);
  const runError = useAppState((state) => state.run.error);
  const isEdited = useAppState(isPromptEdited);
  const idMode = useAppState(inIdMode);
  const summary = useData(clean && summaryKey(clean.key));
  const [isDropTarget, setDropTarget] = useState(false);
  const fileInput = useRef<HTMLInputElement>(null);

  const mode = clean ? prompt.mode : 'edit';
  const bos = model?.bos ?? undefined;
  const limit = model?.context;
  // Without its model nothing is counted, but the tokens of a stored run are known.
  const known = prompt.count ?? (isEdited ? undefined : clean?.tokens);
  const count = known === undefined ? '' : `${prompt.countIsLow ? 'over ' : ''}${plural(known, 'token')}`;
  const wasCut = clean !== undefined && clean.cutTokens > 0 && !isEdited;
  const countText = wasCut
    ? `${plural(clean.tokens, 'token')} · cut`
    : [count, isEdited && 'edited'].filter(Boolean).join(' · ');
  const isTooLong = limit !== undefined && prompt.count !== undefined && prompt.count > limit;
  const example = prompt.examples.find(({ text }) => text === prompt.text);

  async function takeFile(file: File | undefined): Promise<void> {
    if (!file) return;
    const read = await readTextFile(file);
    if ('problem' in read) patch(store, 'prompt', { fileError: read.problem });
    else patch(store, 'prompt', { mode: 'edit', fileError: undefined, [idMode ? 'idsText' : 'text']: read.text });
  }

  function onDrop(event: DragEvent): void {
    setDropTarget(false);
    // A session is for the whole window.
    const [file] = event.dataTransfer.files;
    if (file?.name.endsWith(SESSION_EXTENSION)) return;
    event.preventDefault();
    void takeFile(file);
  }

  return (
    <section
      className={classNames('hs-prompt', isDropTarget && 'hs-prompt--drop')}
      aria-label="Prompt"
      onDragOver={(event) => {
        event.preventDefault();
        setDropTarget(true);
      }}
      onDragLeave={() => setDropTarget(false)}
      onDrop={onDrop}
    >
      <SectionHeader title="Prompt">
        <span className="hs-ellipsis" aria-live="polite" title={countText}>
          {countText}
        </span>
        <Segmented
          label="Prompt as"
          value={mode}
          onChange={(next) => patch(store, 'prompt', { mode: next })}
          options={[
            { value: 'edit', label: 'Edit' },
            { value: 'tokens', label: 'Tokens', disabled: !clean },
          ]}
        />
      </SectionHeader>

      <div className="hs-prompt__tools">
        {!idMode && prompt.examples.length > 0 && (
          <ExamplePicker
            examples={prompt.examples}
            text={prompt.text}
            onPick={(picked) => void session.openExample(picked)}
          />
        )}
        <Button small look="quiet" onClick={() => fileInput.current?.click()}>
          Open file…
        </Button>
        <input
          ref={fileInput}
          type="file"
          hidden
          accept="text/*,.txt,.md,.json,.csv"
          onChange={(event) => {
            void takeFile(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
        {!idMode && (
          <Switch
            label="BOS"
            checked={prompt.bos && bos !== undefined}
            disabled={bos === undefined}
            title={
              bos === undefined
                ? 'This model has no beginning-of-sequence token.'
                : `Put ${bos.text} in front. Sink scores depend on it.`
            }
            onChange={(next) => patch(store, 'prompt', { bos: next })}
          />
        )}
      </div>
      {example && !isEdited && !idMode && (
        <p className="hs-prompt__look" title={example.look}>
          {example.look}
        </p>
      )}

      {mode === 'edit' ? (
        <PromptEditor
          value={idMode ? prompt.idsText : prompt.text}
          idsReason={model?.tokenizer.available === false ? model.tokenizer.reason : undefined}
          onChange={(value) => patch(store, 'prompt', { fileError: undefined, [idMode ? 'idsText' : 'text']: value })}
        />
      ) : (
        summary?.status === 'ready' && <TokenStripView tokens={summary.value.tokens} />
      )}

      <div className="hs-prompt__messages">
        {prompt.fileError !== undefined && (
          <Message bad text={prompt.fileError}>
            <Button small onClick={() => patch(store, 'prompt', { fileError: undefined })}>
              Dismiss
            </Button>
          </Message>
        )}
        {isTooLong && runError?.code !== 'prompt-too-long' && isEdited && (
          <Message text={`The prompt has ${count}; the model reads ${formatCount(limit)}.`}>
            <Button small onClick={() => void session.runPrompt({ cut: true })}>
              Cut to {formatCount(limit)} tokens
            </Button>
          </Message>
        )}
        {mode === 'edit' && prompt.countError && prompt.countError.code !== runError?.code && (
          <Message bad text={prompt.countError.message} hint={prompt.countError.hint} />
        )}
        {runError && (
          <Message bad text={runError.message} hint={runError.hint}>
            {runError.code === 'prompt-too-long' && limit !== undefined ? (
              <Button small onClick={() => void session.runPrompt({ cut: true })}>
                Cut to {formatCount(limit)} tokens
              </Button>
            ) : runError.code === 'engine-died' ? (
              <Button small onClick={() => void session.tryAgain()}>
                Try again
              </Button>
            ) : (
              mode === 'tokens' && (
                <Button small onClick={() => patch(store, 'prompt', { mode: 'edit' })}>
                  Edit the prompt
                </Button>
              )
            )}
          </Message>
        )}
        {wasCut && (
          <p className="hs-dim">
            {prompt.countIsLow && 'At least '}
            {plural(clean.cutTokens, 'token')} past the context limit were cut off the end.
          </p>
        )}
      </div>
      <GenerateBar />
    </section>
  );
}
