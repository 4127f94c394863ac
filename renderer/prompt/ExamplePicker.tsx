import type { ExamplePrompt } from '../../shared/contract/methods.ts';

interface ExamplePickerProps {
  readonly examples: readonly ExamplePrompt[];
  /** The prompt as it is; an example is marked while the prompt is still its text. */
  readonly text: string;
  readonly onPick: (example: ExamplePrompt) => void;
}

export function ExamplePicker({ examples, text, onPick }: ExamplePickerProps) {
  const current = examples.find((example) => example.text === text);
  return (
    <select
      className="hs-select hs-example-select"
      aria-label="Example prompts"
      value={current?.id ?? ''}
      onChange={(event) => {
        const picked = examples.find((example) => example.id === event.target.value);
        if (picked) onPick(picked);
      }}
    >
      <option value="" disabled>
        Examples…
      </option>
      {examples.map((example) => (
        <option key={example.id} value={example.id} title={example.look}>
          {example.title}
        </option>
      ))}
    </select>
  );
}
