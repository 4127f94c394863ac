import { useId, type ReactNode } from 'react';
import type { WireError } from '../../shared/base/app-error.ts';
import { useApp } from '../app/app-context.ts';
import { classNames } from '../base/class-names.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';
import { SectionHeader } from '../components/SectionHeader.tsx';

interface PageSectionProps {
  readonly title: string;
  /** At the right end of the title. */
  readonly side?: ReactNode;
  readonly stale?: boolean;
  readonly error?: WireError | undefined;
  /** What to ask again for where it failed. */
  readonly retry?: string | undefined;
  readonly children: ReactNode;
}

/** One part of the page, with its failure in its place. */
export function PageSection({ title, side, stale = false, error, retry, children }: PageSectionProps) {
  const { session } = useApp();
  const id = useId();
  return (
    <section className={classNames('hs-page-section', stale && !error && 'hs-stale')} aria-labelledby={id}>
      <SectionHeader id={id} title={title}>
        {side}
      </SectionHeader>
      <div className="hs-page-section__body">
        {error ? (
          <Message text={error.message} hint={error.hint}>
            {retry !== undefined && error.code !== 'not-stored' && error.code !== 'no-map' && (
              <Button small onClick={() => session.retry(retry)}>
                Try again
              </Button>
            )}
          </Message>
        ) : (
          children
        )}
      </div>
    </section>
  );
}
