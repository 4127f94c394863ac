import { useId } from 'react';
import { useFieldProblem } from './field-problems.tsx';
import { useKeptDraft } from './use-kept-draft.ts';

interface DraftFieldProps<T> {
  /** Of the label, which places name and field. */
  readonly className?: string;
  readonly label: string;
  readonly title: string;
  readonly value: T;
  readonly read: (text: string) => T | undefined;
  readonly write: (value: T) => string;
  /** What is taken, as in `It takes whole numbers from 1 to 9`. */
  readonly allowed: string;
  /** The value that stays meanwhile, in words. */
  readonly kept: string;
  /** Of the input, beside `hs-field`. */
  readonly inputClass: string;
  readonly inputMode?: 'numeric' | 'decimal';
  readonly placeholder?: string | undefined;
  readonly onChange: (value: T) => void;
}

/** A field with its name. What is not taken stays, with what would be, and nothing is begun meanwhile. */
export function DraftField<T>(props: DraftFieldProps<T>) {
  const { label, title, value, read, write, allowed, kept, inputClass, inputMode, placeholder, onChange } = props;
  const { text, isBad, onType, onLeave } = useKeptDraft(value, read, write, onChange);
  const id = useId();
  useFieldProblem(isBad ? `${label} cannot be “${text}”: ${allowed}.` : undefined);
  return (
    <>
      <label className={props.className ?? 'hs-effects__field'} title={title}>
        <span>{label}</span>
        <input
          className={`hs-field ${inputClass}`}
          inputMode={inputMode}
          aria-invalid={isBad}
          aria-describedby={isBad ? id : undefined}
          placeholder={placeholder}
          value={text}
          onChange={({ target }) => onType(target.value)}
          onBlur={onLeave}
        />
      </label>
      {isBad && (
        <span id={id} className="hs-field-bad hs-small" role="alert">
          It takes {allowed}. It is still {kept}.
        </span>
      )}
    </>
  );
}
