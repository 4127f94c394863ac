import { useEffect, useState } from 'react';
import { Button } from '../components/Button.tsx';

interface StepScrubberProps {
  readonly steps: number;
  readonly step: number;
  /** What the slider says of the step. */
  readonly text: string;
  readonly onStep: (step: number) => void;
}

const PLAY_MS = 600;

/** From step to step: a slider, single steps, and playing through them. */
export function StepScrubber({ steps, step, text, onStep }: StepScrubberProps) {
  const [isPlaying, setPlaying] = useState(false);
  const last = steps - 1;
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setTimeout(() => {
      if (step >= last) setPlaying(false);
      else onStep(step + 1);
    }, PLAY_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, step, last, onStep]);
  const go = (to: number) => {
    setPlaying(false);
    onStep(Math.max(0, Math.min(last, to)));
  };
  return (
    <div className="hs-decode__scrubber" role="group" aria-label="Steps">
      <Button
        small
        disabled={steps < 2}
        onClick={() => {
          if (!isPlaying && step >= last) onStep(0);
          setPlaying(!isPlaying);
        }}
      >
        {isPlaying ? 'Pause' : 'Play'}
      </Button>
      <Button small icon aria-label="One step back" disabled={step <= 0} onClick={() => go(step - 1)}>
        ‹
      </Button>
      <input
        type="range"
        min={0}
        max={Math.max(0, last)}
        value={Math.min(step, last)}
        aria-label="Step"
        aria-valuetext={text}
        onChange={({ target }) => go(Number(target.value))}
      />
      <Button small icon aria-label="One step on" disabled={step >= last} onClick={() => go(step + 1)}>
        ›
      </Button>
      <span className="hs-decode__step" title={text}>
        {text}
      </span>
    </div>
  );
}
