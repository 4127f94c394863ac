import type { ReactNode } from 'react';
import { classNames } from '../base/class-names.ts';

interface MessageProps {
  readonly text: string;
  readonly hint?: string | undefined;
  readonly bad?: boolean;
  /** The next steps, as buttons. */
  readonly children?: ReactNode;
}

/** What happened and what to do, in the place of what would be there. */
export function Message({ text, hint, bad = false, children }: MessageProps) {
  return (
    <div className={classNames('hs-message', bad && 'hs-message--bad')} role={bad ? 'alert' : undefined}>
      <p className="hs-message__text">{text}</p>
      {hint !== undefined && <p className="hs-message__hint">{hint}</p>}
      {children !== undefined && <div className="hs-message__actions">{children}</div>}
    </div>
  );
}
