import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { PanelBoundary } from '../components/PanelBoundary.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { EffectsPanel } from '../effects/EffectsPanel.tsx';
import { DecodePanel } from '../decode/DecodePanel.tsx';
import { HeadPage } from '../head/HeadPage.tsx';
import { LabPanel } from '../lab/LabPanel.tsx';
import { ScoresPanel } from '../scores/ScoresPanel.tsx';
import { shownRun } from '../state/selectors.ts';
import { patch } from '../state/store.ts';
import type { CentreTab } from '../state/view-state.ts';
import { MapPanel } from './MapPanel.tsx';
import './centre.css';

const TABS = [
  { value: 'map', label: 'Map', title: 'Attention map of the selected head (4)' },
  { value: 'head', label: 'Head', title: 'Everything about the selected head (5)' },
  { value: 'scores', label: 'Scores', title: 'All heads by their scores (6)' },
  { value: 'effects', label: 'Effects', title: 'What changing heads does: sweeps, controls, patching (7)' },
  { value: 'lab', label: 'Method lab', title: 'Sparse attention and KV-cache methods, side by side (8)' },
  { value: 'decode', label: 'Decode', title: 'Generated tokens step by step, dense or under a method (9)' },
] as const;

/** The middle of the window: the map, or in its place the selected head, all heads by their scores, or what changes do. */
export function CentrePanel() {
  const { store } = useApp();
  const tab = useAppState(({ view }) => view.centre);
  const hasRun = useAppState((state) => shownRun(state) !== undefined && state.edit.head !== undefined);
  // Without a run there is only what stands in its place, whatever the tab.
  const open: CentreTab = hasRun ? tab : 'map';
  return (
    <div className="hs-centre-panel">
      <div className="hs-centre-panel__tabs">
        <Segmented
          label="What stands in the middle"
          options={TABS.map((option) => ({ ...option, disabled: !hasRun && option.value !== 'map' }))}
          value={open}
          onChange={(centre) => patch(store, 'view', { centre })}
        />
      </div>
      <div className="hs-centre-panel__body">
        {open === 'map' && (
          <PanelBoundary what="The map">
            <MapPanel />
          </PanelBoundary>
        )}
        {open === 'head' && (
          <PanelBoundary what="The head page">
            <HeadPage />
          </PanelBoundary>
        )}
        {open === 'effects' && (
          <PanelBoundary what="The effects">
            <EffectsPanel />
          </PanelBoundary>
        )}
        {open === 'lab' && (
          <PanelBoundary what="The method lab">
            <LabPanel />
          </PanelBoundary>
        )}
        {open === 'decode' && (
          <PanelBoundary what="The decode view">
            <DecodePanel />
          </PanelBoundary>
        )}
        {open === 'scores' && (
          <PanelBoundary what="The scores">
            <ScoresPanel />
          </PanelBoundary>
        )}
      </div>
    </div>
  );
}
