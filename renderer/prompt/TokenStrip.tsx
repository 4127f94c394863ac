/**
 * The prompt as the model sees it: token after token, tinted by attention or by change of likelihood.
 *
 * Made for thousands of tokens: chunks are memoised and skipped by the browser while out of sight, and the pointer is
 * followed by one listener. A single tab stop; arrow keys move from token to token.
 */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { TokenView } from '../../shared/model/token-view.ts';
import { classNames } from '../base/class-names.ts';
import { chunkTokens } from './token-chunks.ts';
import { TokenChunkView } from './TokenChunkView.tsx';
import { TokenTip } from './TokenTip.tsx';
import type { StripTints } from '../../shared/view/prompt/strip-tints.ts';
import type { TokenRange } from '../state/ui-state.ts';

interface TokenStripProps {
  readonly tokens: readonly TokenView[];
  readonly tints: StripTints | undefined;
  readonly stale: boolean;
  readonly pinned: number | undefined;
  readonly onPin: (index: number) => void;
  readonly hover: number | undefined;
  readonly onHover: (index: number | undefined) => void;
  /** Tokens `start` to `end` - 1, chosen with Shift from the pinned one on. */
  readonly selection: TokenRange | undefined;
  readonly onSelect: (selection: TokenRange) => void;
}

interface Tip {
  readonly index: number;
  readonly anchor: DOMRect;
}

export function TokenStrip(props: TokenStripProps) {
  const { tokens, tints, stale, pinned, onPin, hover, onHover, selection, onSelect } = props;
  const ref = useRef<HTMLDivElement>(null);
  const [tip, setTip] = useState<Tip | undefined>(undefined);
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const chunks = useMemo(() => chunkTokens(tokens), [tokens]);
  const slices = useMemo(
    () => chunks.map(({ start, tokens: own }) => tints?.strengths.subarray(start, start + own.length)),
    [chunks, tints],
  );
  const focus = cursor ?? hover;
  // Ids have no blanks of their own to tell them apart.
  const inIds = tokens.every((token) => token.text === '');

  // The mark may come from elsewhere (the map, the palette): bring it into sight, but never while the pointer is here.
  useEffect(() => {
    if (pinned !== undefined) tokenElement(ref.current, pinned)?.scrollIntoView({ block: 'nearest' });
  }, [pinned, tokens]);

  function point(index: number | undefined): void {
    const element = index === undefined ? undefined : tokenElement(ref.current, index);
    setTip(element && index !== undefined ? { index, anchor: firstBox(element) } : undefined);
    onHover(index);
  }

  /** From the pinned token on, whichever way. */
  function selectTo(index: number): void {
    const from = pinned ?? index;
    onSelect({ start: Math.min(from, index), end: Math.max(from, index) + 1 });
  }

  function onPointerOver({ target }: PointerEvent): void {
    const index = indexOf(target);
    if (index !== undefined && index !== tip?.index) point(index);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const from = cursor ?? pinned ?? -1;
      const next = Math.max(0, Math.min(tokens.length - 1, from + step));
      setCursor(next);
      tokenElement(ref.current, next)?.scrollIntoView({ block: 'nearest' });
      point(next);
      if (event.shiftKey) selectTo(next);
    } else if ((event.key === 'Enter' || event.key === ' ') && cursor !== undefined) {
      event.preventDefault();
      onPin(cursor);
    }
  }

  return (
    <div
      className={classNames(
        'hs-strip',
        stale && 'hs-stale',
        tints?.signed === true && 'hs-strip--signed',
        inIds && 'hs-strip--ids',
      )}
    >
      <div
        ref={ref}
        className="hs-strip__text"
        role="application"
        aria-roledescription="token strip"
        aria-label={`Prompt, ${tokens.length} tokens. Arrow keys move from token to token, Enter pins, with Shift they select from the pinned one on.`}
        tabIndex={0}
        onPointerOver={onPointerOver}
        onPointerLeave={() => point(undefined)}
        onScroll={() => setTip(undefined)}
        onBlur={() => {
          setCursor(undefined);
          point(undefined);
        }}
        onClick={({ target, shiftKey }) => {
          const index = indexOf(target);
          if (index === undefined) return;
          if (shiftKey) selectTo(index);
          else onPin(index);
        }}
        onKeyDown={onKeyDown}
      >
        {chunks.map((chunk, i) => (
          <TokenChunkView
            key={chunk.start}
            chunk={chunk}
            strengths={slices[i]}
            pinned={within(chunk.start, chunk.tokens.length, pinned)}
            focus={within(chunk.start, chunk.tokens.length, focus)}
            {...overlap(chunk.start, chunk.tokens.length, selection)}
          />
        ))}
      </div>
      <p className="hs-visually-hidden" aria-live="polite">
        {cursor !== undefined && tokens[cursor] ? `Token ${cursor}, ${tokens[cursor].display}` : ''}
      </p>
      {tip && tokens[tip.index] && (
        <TokenTip index={tip.index} token={tokens[tip.index]!} tints={tints} anchor={tip.anchor} />
      )}
    </div>
  );
}

function within(start: number, length: number, index: number | undefined): number | undefined {
  return index !== undefined && index >= start && index < start + length ? index : undefined;
}

function overlap(start: number, length: number, selection: TokenRange | undefined) {
  const from = Math.max(start, selection?.start ?? Infinity);
  const to = Math.min(start + length, selection?.end ?? -Infinity);
  return from < to ? { from, to } : { from: undefined, to: undefined };
}

function indexOf(target: EventTarget): number | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-token]') : null;
  return element ? Number(element.dataset['token']) : undefined;
}

function tokenElement(root: HTMLElement | null, index: number): HTMLElement | undefined {
  return root?.querySelector<HTMLElement>(`[data-token="${index}"]`) ?? undefined;
}

/** A token that wraps has a box a line; the first one is where it begins. */
function firstBox(element: HTMLElement): DOMRect {
  return element.getClientRects()[0] ?? element.getBoundingClientRect();
}
