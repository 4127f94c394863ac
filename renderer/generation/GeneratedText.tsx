/**
 * Generated tokens in the manner of the token strip: one line as running text, two as pairs, step under step. A single
 * tab stop; arrow keys move from step to step and, between two lines, from one to the other.
 */
import { useLayoutEffect, useRef, type KeyboardEvent } from 'react';
import { classNames } from '../base/class-names.ts';
import { formatProbability, plural } from '../../shared/view/format.ts';
import type { LineKind } from '../state/generation-state.ts';
import { GeneratedChip } from './GeneratedChip.tsx';
import { placeAfterKey, tokenAt, type ShownLine, type StepPlace } from './shown-lines.ts';
import { LINE_NAMES } from './words.ts';

interface GeneratedTextProps {
  readonly lines: readonly ShownLine[];
  /** Where two lines part. */
  readonly difference: number | undefined;
  readonly isRunning: boolean;
  readonly isBehind: boolean;
  /** The step that is read beside the text. */
  readonly read: StepPlace | undefined;
  readonly cursor: StepPlace | undefined;
  readonly onHover: (place: StepPlace | undefined) => void;
  readonly onCursor: (place: StepPlace | undefined) => void;
}

/** Further above the end than this, the person has scrolled away to read. */
const NEAR_END_PX = 48;

export function GeneratedText(props: GeneratedTextProps) {
  const { lines, difference, isRunning, isBehind, read, cursor, onHover, onCursor } = props;
  const ref = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const steps = Math.max(...lines.map(({ line }) => line.tokens.length));
  const [single] = lines.length === 1 ? lines : [];
  const cursorToken = cursor && tokenAt(lines, cursor);

  // What comes stays in sight.
  useLayoutEffect(() => {
    const text = ref.current;
    if (text && isRunning && atEnd.current) text.scrollTop = text.scrollHeight;
  }, [steps, isRunning]);

  function onKeyDown(event: KeyboardEvent): void {
    const next = placeAfterKey(lines, cursor, event.key);
    if (!next) return;
    event.preventDefault();
    onCursor(next);
    const selector = `[data-line="${next.kind}"][data-step="${next.step}"]`;
    ref.current?.querySelector(selector)?.scrollIntoView({ block: 'nearest' });
  }

  const isRead = (kind: LineKind, step: number) => read?.kind === kind && read.step === step;
  return (
    <>
      <div
        ref={ref}
        className={classNames('hs-generation__text', isBehind && 'hs-stale')}
        role="application"
        aria-roledescription="token strip"
        aria-label={`Generated text, ${plural(steps, 'token')}. Arrow keys move from token to token.`}
        tabIndex={0}
        onPointerOver={({ target }) => {
          const place = placeOf(target);
          if (place) onHover(place);
        }}
        onPointerLeave={() => onHover(undefined)}
        onClick={({ target }) => {
          const place = placeOf(target);
          if (place) onCursor(place);
        }}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {single
          ? single.line.tokens.map((token, step) => (
              <span key={step}>
                <GeneratedChip kind={single.kind} step={step} token={token} isRead={isRead(single.kind, step)} />
                {token.text.endsWith('\n') ? <br /> : <wbr />}
              </span>
            ))
          : [
              <span key="names" className="hs-pair hs-pair--names" aria-hidden="true">
                {lines.map(({ kind }) => (
                  <span key={kind}>{LINE_NAMES[kind]}</span>
                ))}
              </span>,
              ...Array.from({ length: steps }, (_, step) => (
                <span key={step} className={classNames('hs-pair', step === difference && 'hs-pair--difference')}>
                  {lines.map(({ kind, line }) => {
                    const token = line.tokens[step];
                    return token ? (
                      <GeneratedChip key={kind} kind={kind} step={step} token={token} isRead={isRead(kind, step)} />
                    ) : (
                      <span key={kind} className="hs-token">
                        {'\u00a0'}
                      </span>
                    );
                  })}
                </span>
              )),
            ]}
      </div>
      <p className="hs-visually-hidden" aria-live="polite">
        {cursor && cursorToken
          ? `Step ${cursor.step + 1}${single ? '' : `, ${LINE_NAMES[cursor.kind]}`}, ${cursorToken.display}, probability ${formatProbability(cursorToken.prob)}`
          : ''}
      </p>
    </>
  );
}

function placeOf(target: EventTarget): StepPlace | undefined {
  const chip = target instanceof Element ? target.closest<HTMLElement>('[data-step]') : null;
  if (!chip) return undefined;
  return { kind: chip.dataset['line'] === 'changed' ? 'changed' : 'clean', step: Number(chip.dataset['step']) };
}
