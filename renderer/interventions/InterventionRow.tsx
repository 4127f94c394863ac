import type { DragEvent, KeyboardEvent } from 'react';
import type { Intervention } from '../../shared/model/intervention.ts';
import { interventionKind } from '../../shared/model/intervention-kinds/index.ts';
import type { InterventionParameter } from '../../shared/model/intervention-kinds/kind.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import { formatPlace } from '../../shared/model/place.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { withKind } from './change-kind.ts';
import { EntryDetail } from './EntryDetail.tsx';
import { IN_GENERATION, MAPS_AFTER } from './kind-words.ts';
import { KindSelect } from './KindSelect.tsx';
import { ParameterField } from './ParameterField.tsx';
import { PlaceField } from './PlaceField.tsx';
import { rangesWord } from './range-choices.ts';
import { sourceText } from './source-text.ts';

export interface InterventionRowProps {
  readonly entry: Intervention;
  readonly position: number;
  readonly model: ModelInfo;
  readonly tokens: readonly TokenView[];
  /** Of the selected head. */
  readonly selected: boolean;
  readonly open: boolean;
  /** What is wrong with it, or what the engine said of it. */
  readonly problem: string | undefined;
  /** Where a dragged entry would land: above or below this one. */
  readonly drop: 'above' | 'below' | undefined;
  readonly onOpen: () => void;
  readonly onSelect: (() => void) | undefined;
  /** `merge`: part of one gesture, such as typing. */
  readonly onChange: (next: Intervention, merge?: boolean) => void;
  readonly onToggle: () => void;
  readonly onDuplicate: () => void;
  readonly onRemove: () => void;
  readonly onMove: (step: 1 | -1) => void;
  readonly onDragStart: () => void;
  readonly onDragOver: (half: 'above' | 'below') => void;
  readonly onDrop: () => void;
  readonly onDragEnd: () => void;
}

/** Parameters that stand in the row itself; the others are in its detail, and so is a second choice, which takes room. */
function inRow(parameters: readonly InterventionParameter[]): readonly InterventionParameter[] {
  return parameters.slice(0, 2).filter(({ type }, at) => at === 0 || type !== 'choice');
}

export function InterventionRow(props: InterventionRowProps) {
  const { entry, position, model, tokens, open, problem, drop, onChange, onOpen, onMove } = props;
  const name = formatPlace(entry.where);
  const kind = interventionKind(entry.what);
  const isOn = !entry.off;
  const limits = limitsOf(entry);

  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowUp: -1 as const, ArrowDown: 1 as const }[event.key];
    if (!event.altKey || step === undefined) return;
    event.preventDefault();
    onMove(step);
  }

  function onDragOver(event: DragEvent<HTMLLIElement>): void {
    event.preventDefault();
    const { top, height } = event.currentTarget.getBoundingClientRect();
    props.onDragOver(event.clientY < top + height / 2 ? 'above' : 'below');
  }

  return (
    <li
      data-entry={position}
      className={classNames(
        'hs-entry',
        !isOn && 'hs-entry--off',
        props.selected && 'hs-entry--selected',
        drop && `hs-entry--drop-${drop}`,
      )}
      onKeyDown={onKeyDown}
      onDragOver={onDragOver}
      onDrop={(event) => {
        event.preventDefault();
        props.onDrop();
      }}
    >
      <div className="hs-entry__row">
        <button
          type="button"
          className="hs-entry__handle"
          draggable
          aria-label={`Move ${name}, entry ${position + 1}: Alt with arrow up or down`}
          title="Drag to another place, or Alt with arrow up or down"
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = 'move';
            event.dataTransfer.setData('text/plain', name);
            props.onDragStart();
          }}
          onDragEnd={props.onDragEnd}
        >
          ⠿
        </button>
        <input
          type="checkbox"
          className="hs-entry__on"
          checked={isOn}
          aria-label={`${name} ${kind.name}: in effect`}
          title={isOn ? 'In effect; switch off to keep it in the list without effect' : 'Off: without effect'}
          onChange={props.onToggle}
        />
        <PlaceField
          where={entry.where}
          what={entry.what}
          model={model}
          onChange={(where) => onChange({ ...entry, where })}
        />
        <KindSelect
          label={`What is done to ${name}`}
          what={entry.what}
          onChange={(what) => onChange(withKind(entry, what, model))}
        />
        <div className="hs-entry__parameters">
          {inRow(kind.parameters).map((parameter) => (
            <ParameterField key={parameter.id} {...{ entry, parameter, onChange }} of={name} />
          ))}
        </div>
        <button
          type="button"
          className="hs-entry__chips"
          aria-expanded={open}
          aria-label={`More about ${name}: ${[...limits, ...chipsOf(entry)].join(', ')}`}
          title={`${[...limits, ...chipsOf(entry)].join(', ')}. Positions, keys, other prompts, and what it does in full`}
          onClick={onOpen}
        >
          <span className="hs-entry__chip-line">
            {chipsOf(entry).map((chip) => (
              <span key={chip} className="hs-entry__chip">
                {chip}
              </span>
            ))}
          </span>
          <span aria-hidden="true">{open ? '▴' : '▾'}</span>
        </button>
        {props.onSelect && (
          <Button small icon look="quiet" aria-label={`Show ${name} on the map`} onClick={props.onSelect}>
            ◎
          </Button>
        )}
        <Button small icon look="quiet" aria-label={`Duplicate the entry on ${name}`} onClick={props.onDuplicate}>
          2×
        </Button>
        <Button small icon look="quiet" aria-label={`Remove the intervention on ${name}`} onClick={props.onRemove}>
          ✕
        </Button>
      </div>
      {limits.length > 0 && <p className="hs-entry__limits">{limits.join(' · ')}</p>}
      {problem !== undefined && (
        <p className="hs-entry__problem" role="alert">
          {problem}
        </p>
      )}
      {open && <EntryDetail {...{ entry, tokens, onChange }} of={name} />}
    </li>
  );
}

/** What narrows the entry down: positions, keys and prompts where there are some. */
function limitsOf({ rows, keys, source }: Intervention): readonly string[] {
  return [
    ...(rows ? [`queries ${rangesWord(rows)}`] : []),
    ...(keys ? [`keys ${rangesWord(keys)}`] : []),
    ...(source ? [sourceText(source)] : []),
  ];
}

/** What becomes of maps and of generated text. */
function chipsOf({ what }: Intervention): readonly string[] {
  const kind = interventionKind(what);
  return [
    MAPS_AFTER[kind.maps].word,
    ...(kind.generation === 'every-step' ? [] : [IN_GENERATION[kind.generation].word]),
  ];
}
