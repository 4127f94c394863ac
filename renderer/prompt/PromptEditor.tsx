import { useId } from 'react';

interface PromptEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Why ids are asked for instead of text. */
  readonly idsReason: string | undefined;
}

export function PromptEditor({ value, onChange, idsReason }: PromptEditorProps) {
  const reasonId = useId();
  const inIdMode = idsReason !== undefined;
  return (
    <div className="hs-editor">
      {inIdMode && (
        <p id={reasonId} className="hs-editor__reason">
          {idsReason} Text is switched off; give token ids instead.
        </p>
      )}
      <textarea
        data-prompt-editor
        className={inIdMode ? 'hs-editor__text hs-mono' : 'hs-editor__text'}
        aria-label={inIdMode ? 'Token ids, separated by commas' : 'Prompt text'}
        aria-describedby={inIdMode ? reasonId : undefined}
        placeholder={inIdMode ? '1, 2, 3' : 'Type a prompt, or drop a text file here.'}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
