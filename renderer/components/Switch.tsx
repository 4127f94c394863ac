interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
  /** What it does, or why it cannot be used. */
  readonly title?: string;
}

export function Switch({ label, checked, onChange, disabled = false, title }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      className="hs-switch"
      disabled={disabled}
      title={title}
      onClick={() => onChange(!checked)}
    >
      <span className="hs-switch__track">
        <span className="hs-switch__knob" />
      </span>
      {label}
    </button>
  );
}
