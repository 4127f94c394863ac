import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatCount, plural } from '../../shared/view/format.ts';
import { classNames } from '../base/class-names.ts';

interface PromptCutProps {
  readonly tokens: readonly TokenView[];
  readonly answer: readonly TokenView[];
  /** First token of the question. */
  readonly cut: number;
  readonly onCut: (cut: number) => void;
}

/** Tokens that are shown around the cut, so that long prompts stay quick. */
const BEFORE = 90;
const AFTER = 160;

/** Context, question and answer as tokens; clicking or dragging says where the question begins. */
export function PromptCut({ tokens, answer, cut, onCut }: PromptCutProps) {
  const ref = useRef<HTMLDivElement>(null);
  /** What is shown stays while the cut is dragged. */
  const [held, setHeld] = useState<number>();
  const n = tokens.length;
  const centre = held ?? cut;
  const from = Math.max(0, centre - BEFORE);
  const to = Math.min(n, centre + AFTER);
  const move = (next: number) => onCut(Math.max(1, Math.min(n - 1, next)));

  useEffect(() => {
    if (held === undefined) {
      const at = ref.current?.querySelector<HTMLElement>(`[data-cut="${cut}"]`);
      if (at && ref.current) ref.current.scrollTop = at.offsetTop - ref.current.clientHeight / 2;
    }
  }, [cut, held]);

  const under = (event: PointerEvent): number | undefined => {
    const token = (event.target as Element).closest<HTMLElement>('[data-cut]');
    return token ? Number(token.dataset['cut']) : undefined;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -n, End: n }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(cut + step);
  };

  return (
    <div
      ref={ref}
      className="hs-lab__cut"
      role="slider"
      tabIndex={0}
      aria-label="First token of the question"
      aria-valuemin={1}
      aria-valuemax={n - 1}
      aria-valuenow={cut}
      aria-valuetext={`token ${formatCount(cut)} of ${formatCount(n)}, “${tokens[cut]?.display ?? ''}”`}
      title="Click or drag: the question begins at that token. Arrow keys move it."
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        const at = under(event);
        if (at === undefined) return;
        setHeld(cut);
        move(at);
      }}
      onPointerMove={(event) => {
        const at = held === undefined ? undefined : under(event);
        if (at !== undefined && at !== cut) move(at);
      }}
      onPointerUp={() => setHeld(undefined)}
      onPointerLeave={() => setHeld(undefined)}
    >
      {from > 0 && <span className="hs-lab__more">… {plural(from, 'token')} </span>}
      {tokens.slice(from, to).map(({ display }, offset) => {
        const at = from + offset;
        return (
          <span
            key={at}
            data-cut={at}
            className={classNames(
              'hs-lab__token',
              at >= cut && 'hs-lab__token--question',
              at === cut && 'hs-lab__token--first',
            )}
          >
            {display}
            <wbr />
          </span>
        );
      })}
      {to < n && <span className="hs-lab__more">… {plural(n - to, 'token')} </span>}
      {answer.map(({ display }, at) => (
        <span key={`a${at}`} className="hs-lab__token hs-lab__token--answer">
          {display}
          <wbr />
        </span>
      ))}
    </div>
  );
}
