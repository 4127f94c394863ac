import type { ReactNode } from 'react';

interface SectionHeaderProps {
  readonly id?: string;
  readonly title: string;
  /** Unit, count, direction or controls, at the right end. */
  readonly children?: ReactNode;
}

export function SectionHeader({ id, title, children }: SectionHeaderProps) {
  return (
    <div className="hs-section-header">
      <h2 id={id} className="hs-section-header__title">
        {title}
      </h2>
      <div className="hs-section-header__side">{children}</div>
    </div>
  );
}
