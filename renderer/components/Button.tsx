import type { ComponentProps } from 'react';
import { classNames } from '../base/class-names.ts';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'type'> {
  readonly look?: 'plain' | 'primary' | 'quiet';
  readonly small?: boolean;
  /** Shows only a sign: `aria-label` must say what it does, and is shown as tooltip. */
  readonly icon?: boolean;
}

export function Button({ look = 'plain', small = false, icon = false, className, title, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(
        'hs-button',
        look !== 'plain' && `hs-button--${look}`,
        small && 'hs-button--small',
        icon && 'hs-button--icon',
        className,
      )}
      title={title ?? (icon ? rest['aria-label'] : undefined)}
      {...rest}
    />
  );
}
