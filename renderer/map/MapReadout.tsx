export interface MapReadoutProps {
  readonly id: string;
  /** What is under the pointer or the cursor; may be empty. */
  readonly text: string;
  /** In its place while it is empty. */
  readonly hint: string;
  /** What the pointer reads changes too often to be said aloud. */
  readonly isPointing: boolean;
}

/** The line under a map. */
export function MapReadout({ id, text, hint, isPointing }: MapReadoutProps) {
  return (
    <p className="hs-map__readout" id={id} title={text} aria-live={isPointing ? 'off' : 'polite'}>
      {text === '' ? <span className="hs-map__hint">{hint}</span> : text}
    </p>
  );
}
