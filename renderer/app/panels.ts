/**
 * The way from commands to the panels that can be folded away. Sizes and folding belong to the layout library and its
 * storage, so they are not repeated in the store; `Workspace` registers what it mounted.
 */
import type { PanelName } from '../state/prefs-state.ts';

interface PanelControl {
  isCollapsed(): boolean;
  collapse(): void;
  expand(): void;
}

const controls = new Map<PanelName, PanelControl>();
let resetLayout: (() => void) | undefined;

export const panels = {
  register(name: PanelName, control: PanelControl): () => void {
    controls.set(name, control);
    return () => controls.delete(name);
  },
  onReset(reset: () => void): void {
    resetLayout = reset;
  },
  toggle(name: PanelName): void {
    const control = controls.get(name);
    if (control?.isCollapsed()) control.expand();
    else control?.collapse();
  },
  show(name: PanelName): void {
    const control = controls.get(name);
    if (control?.isCollapsed()) control.expand();
  },
  reset(): void {
    resetLayout?.();
  },
};
