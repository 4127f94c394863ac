/**
 * The way from commands to the panels that can be folded away. Sizes and folding belong to the layout library and its
 * storage, so they are not repeated in the store; `Workspace` registers what it mounted.
 */
import type { LayoutData } from '../../shared/session/slices/layout.ts';
import type { PanelName } from '../state/prefs-state.ts';

interface PanelControl {
  isCollapsed(): boolean;
  collapse(): void;
  expand(): void;
}

/** Sizes of the panels in one group, in percent. */
interface GroupControl {
  getLayout(): Readonly<Record<string, number>>;
  setLayout(layout: Record<string, number>): unknown;
}

const SAME_PERCENT = 0.05;

const controls = new Map<PanelName, PanelControl>();
const groups = new Map<string, GroupControl>();
let resetLayout: (() => void) | undefined;

export const panels = {
  register(name: PanelName, control: PanelControl): () => void {
    controls.set(name, control);
    return () => controls.delete(name);
  },
  registerGroup(name: string, control: GroupControl): () => void {
    groups.set(name, control);
    return () => groups.delete(name);
  },
  layout(): LayoutData {
    return { groups: Object.fromEntries([...groups].map(([name, group]) => [name, { ...group.getLayout() }])) };
  },
  /** What a group cannot take, as when its panels have changed since, is left as it is. */
  setLayout(layout: LayoutData): void {
    for (const [name, sizes] of Object.entries(layout.groups)) {
      const group = groups.get(name);
      const present = Object.entries(group?.getLayout() ?? {});
      const fits = present.length === Object.keys(sizes).length && present.every(([id]) => id in sizes);
      // Percents are rounded: setting what is there already would move panels by fractions of a pixel.
      const differs = present.some(([id, size]) => Math.abs(size - sizes[id]!) > SAME_PERCENT);
      if (group && fits && differs) group.setLayout(sizes);
    }
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
