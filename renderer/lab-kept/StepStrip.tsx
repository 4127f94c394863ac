import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import { formatHead, sameHead } from '../../shared/model/head-id.ts';
import { formatNumber } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { classNames } from '../base/class-names.ts';
import { Segmented } from '../components/Segmented.tsx';
import type { HeadRows, StepFound } from '../lab/lab-keys.ts';
import { patch } from '../state/store.ts';
import type { RowsView } from './kept-view.ts';
import { LEVELS, levelOf, stripCodes, stripChunks, TOKEN_KINDS, type StripColours } from './strip-codes.ts';
import { partsOf, tokenName } from './token-names.ts';
import { pinKey, useKeptMoves } from './use-kept-moves.ts';

interface StepStripProps {
  readonly view: RowsView;
  /** Of another head or another query until those that are looked at come; the words name theirs. */
  readonly rows: HeadRows | undefined;
  readonly step: StepFound | undefined;
  /** Why the step is not to be had: of some traces only what was read is there. */
  readonly refused: WireError | undefined;
  /** Keys that a query of the rows’ layer sees. */
  readonly window: number | null;
  readonly pinned: number | null;
}

/** The tokens as the query that is looked at finds them: kept or dropped by the head, by how many heads, or how missed. */
export function StepStrip({ view, rows, step, refused, window, pinned }: StepStripProps) {
  const { store } = useApp();
  const ref = useRef<HTMLDivElement>(null);
  const [chosen, setColours] = useState<StripColours>('head');
  const colours = refused ? 'head' : chosen;
  const onKeyDown = useKeptMoves(view);
  const { about } = view;
  const head = rows ?? view.head;
  const query = colours === 'head' ? view.query : (step?.query ?? view.query);
  const isStale = !sameHead(head, view.head) || query !== view.query;
  const { displays } = about;
  const chunks = useMemo(() => stripChunks(displays), [displays]);
  const codes = useMemo(
    () => stripCodes({ colours, tokens: displays.length, query, rows, step, window }),
    [colours, displays.length, query, rows, step, window],
  );
  const starts = useMemo(() => partsOf(about), [about]);
  const most = step ? Math.max(0, ...step.lost) : 0;

  // A key that was pinned elsewhere is brought into sight, without moving the page.
  useEffect(() => {
    const box = ref.current;
    const token = pinned === null ? null : box?.querySelector<HTMLElement>(`[data-key="${pinned}"]`);
    if (!box || !token) return;
    const [outer, inner] = [box.getBoundingClientRect(), token.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
    }
  }, [pinned]);

  const hover = (key: number | undefined) => {
    const before = store.getState().ui.keptHover;
    if (before?.key === key && before?.query === undefined) return;
    patch(store, 'ui', { keptHover: key === undefined ? undefined : { query: undefined, key } });
  };

  return (
    <section
      className={classNames('hs-kept__step', isStale && 'hs-kept--stale')}
      aria-label="Tokens of the step"
      aria-busy={isStale}
    >
      <div className="hs-kept__head">
        <h3>
          Tokens at query {tokenName(displays, query)}{' '}
          <span className="hs-dim">{PART_WORDS[partAt(starts, query)]}</span>
        </h3>
        <Segmented<StripColours>
          label="What the tokens show"
          value={colours}
          onChange={setColours}
          options={[
            { value: 'head', label: formatHead(head), title: 'Which keys the selected head reads' },
            {
              value: 'heads',
              label: 'All heads',
              disabled: refused !== undefined,
              title: 'Share of all query heads that read each key',
            },
            {
              value: 'lost',
              label: 'Missed',
              disabled: refused !== undefined,
              title: 'Dense probability of each key where it is not read, mean over all heads',
            },
          ]}
        />
      </div>
      <div
        ref={ref}
        className={classNames('hs-kept__strip', colours === 'lost' && 'hs-kept__strip--lost')}
        role="application"
        aria-roledescription="token strip"
        aria-label={`Tokens at the query, ${displays.length}. Left and right move the pinned key, up and down the query.`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerOver={({ target }) => hover(keyOf(target))}
        onPointerLeave={() => hover(undefined)}
        onClick={({ target }) => {
          const key = keyOf(target);
          if (key !== undefined && key <= query) pinKey(store, view, key === pinned ? undefined : key);
        }}
      >
        {chunks.map(({ start, end }) => (
          <StripChunk
            key={start}
            displays={displays}
            start={start}
            codes={codes.slice(start, end)}
            marks={starts
              .filter((part) => part.start > 0 && part.start >= start && part.start < end)
              .map((part) => `${part.start}:${part.name}`)
              .join()}
            pinned={pinned !== null && pinned >= start && pinned < end ? pinned : undefined}
            query={query >= start && query < end ? query : undefined}
          />
        ))}
      </div>
      <p className="hs-kept__legend hs-small hs-dim">
        {colours === 'head' && (
          <>
            <Swatch name="read" strength={1} /> read by {formatHead(head)} <Swatch name="dropped" /> not read
          </>
        )}
        {colours === 'heads' && (
          <>
            <Swatch name="read" strength={0.25} />
            <Swatch name="read" strength={1} /> read by few to all of {about.layers * about.heads} heads{' '}
            <Swatch name="dropped" /> by none
          </>
        )}
        {colours === 'lost' && (
          <>
            <Swatch name="lost" strength={0.25} />
            <Swatch name="lost" strength={1} /> dense probability that is missed, mean over heads, 0 to{' '}
            {formatNumber(most)}, square-root scale
          </>
        )}
        {window !== null && colours === 'head' && (
          <>
            {' '}
            <Swatch name="hidden" /> outside the window of layer {head.layer}
          </>
        )}
      </p>
    </section>
  );
}

const PART_WORDS = { context: 'in the context', question: 'in the question', answer: 'in the answer' } as const;

function partAt(parts: ReturnType<typeof partsOf>, index: number): keyof typeof PART_WORDS {
  return parts.findLast(({ start }) => start <= index)?.name ?? 'context';
}

function Swatch({ name, strength }: { readonly name: string; readonly strength?: number }) {
  return (
    <i
      className={`hs-kept__swatch hs-kept__swatch--${name}`}
      style={strength === undefined ? undefined : ({ '--strength': strength } as React.CSSProperties)}
      aria-hidden="true"
    />
  );
}

interface StripChunkProps {
  readonly displays: readonly string[];
  readonly start: number;
  /** One letter a token, so that chunks without a change are not drawn again. */
  readonly codes: string;
  /** `12:question`: parts that begin here. */
  readonly marks: string;
  readonly pinned: number | undefined;
  readonly query: number | undefined;
}

const StripChunk = memo(function StripChunk({ displays, start, codes, marks, pinned, query }: StripChunkProps) {
  const names = new Map(marks === '' ? [] : marks.split(',').map((mark) => mark.split(':') as [string, string]));
  return (
    <span className="hs-kept__chunk">
      {Array.from(codes, (code, offset) => {
        const key = start + offset;
        const part = names.get(String(key));
        const level = levelOf(code);
        return (
          <span key={key}>
            {part !== undefined && <span className="hs-kept__part">{part}</span>}
            <span
              data-key={key}
              className={classNames(
                'hs-kept__token',
                level === undefined && `hs-kept__token--${TOKEN_KINDS[code] ?? 'later'}`,
                key === pinned && 'hs-kept__token--pinned',
                key === query && 'hs-kept__token--query',
              )}
              style={level === undefined ? undefined : ({ '--strength': level / LEVELS } as React.CSSProperties)}
            >
              {displays[key]}
            </span>
            <wbr />
          </span>
        );
      })}
    </span>
  );
});

function keyOf(target: EventTarget): number | undefined {
  const token = target instanceof Element ? target.closest<HTMLElement>('[data-key]') : null;
  return token ? Number(token.dataset['key']) : undefined;
}
