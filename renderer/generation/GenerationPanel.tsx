import { useState } from 'react';
import { useAppState } from '../app/use-app-state.ts';
import type { GenerationOrigin } from '../state/generation-state.ts';
import { generationBehind } from '../state/selectors.ts';
import { firstDifference } from './first-difference.ts';
import { GeneratedText } from './GeneratedText.tsx';
import { GenerationFacts } from './GenerationFacts.tsx';
import { GenerationOptions } from './GenerationOptions.tsx';
import { lastPlace, linesAtStep, shownLines, tokenAt, type StepPlace } from './shown-lines.ts';
import { StepReading } from './StepReading.tsx';

/** A place in what was generated from one origin; in the next one it would be another token. */
function usePlace(origin: GenerationOrigin | undefined) {
  const [marked, setMarked] = useState<{ readonly origin: typeof origin; readonly place: StepPlace | undefined }>();
  const place = marked?.origin === origin ? marked?.place : undefined;
  return [place, (next: StepPlace | undefined) => setMarked({ origin, place: next })] as const;
}

/** How to go on from the prompt, what came of it, and what else might have come at each step. */
export function GenerationPanel() {
  const generation = useAppState((state) => state.generation);
  const behind = useAppState(generationBehind);
  const [hover, setHover] = usePlace(generation.origin);
  const [cursor, setCursor] = usePlace(generation.origin);

  const lines = shownLines(generation);
  const [top, bottom] = lines;
  const difference = top && bottom && firstDifference(top.line, bottom.line);
  // A line may have nothing at the other's place.
  const read = [hover, cursor, lastPlace(lines)].find((place) => place && tokenAt(lines, place));

  return (
    <div className="hs-generation">
      <div className="hs-generation__left">
        <GenerationOptions />
      </div>
      <div className="hs-generation__main">
        <GenerationFacts lines={lines} difference={difference} />
        {lines.some(({ line }) => line.tokens.length > 0) && (
          <GeneratedText
            lines={lines}
            difference={difference}
            isRunning={generation.job !== undefined}
            isBehind={behind !== undefined}
            read={read}
            cursor={cursor}
            onHover={setHover}
            onCursor={setCursor}
          />
        )}
      </div>
      {read && (
        <div className="hs-generation__reading">
          <StepReading step={read.step} lines={linesAtStep(lines, read, difference)} />
        </div>
      )}
    </div>
  );
}
