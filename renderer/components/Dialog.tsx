import { useEffect, useId, useRef, type ReactNode } from 'react';
import { classNames } from '../base/class-names.ts';
import { Button } from './Button.tsx';

interface DialogProps {
  readonly title: string;
  /** As wide as a picture with its settings beside it. */
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog on the platform's own element: focus stays inside and goes back afterwards, Escape closes. */
export function Dialog({ title, wide = false, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // The platform focuses the first control, which is the close button; React keeps its own autofocus to itself.
      dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    }
    return () => dialog?.close();
  }, []);

  return (
    <dialog
      ref={ref}
      className={classNames('hs-dialog', wide && 'hs-dialog--wide')}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // A click on the backdrop has the dialog itself as target.
        if (event.target === ref.current) onClose();
      }}
    >
      <div className="hs-dialog__header">
        <h2 id={titleId} className="hs-dialog__title">
          {title}
        </h2>
        <Button look="quiet" icon aria-label="Close" onClick={onClose}>
          ✕
        </Button>
      </div>
      {/* Focusable, so that a long text can be scrolled with the keyboard. */}
      <div className="hs-dialog__body" tabIndex={0} role="group" aria-labelledby={titleId}>
        {children}
      </div>
    </dialog>
  );
}
