/**
 * The panels: prompt left, map centre, heads right, dock below. All can be resized by pointer and keyboard and folded
 * away; sizes are kept in this browser. Side panels keep their width when the window grows, so that the map gets it.
 */
import { useEffect, type RefObject } from 'react';
import {
  Group,
  Panel,
  Separator,
  useDefaultLayout,
  useGroupRef,
  usePanelRef,
  type GroupImperativeHandle,
  type PanelImperativeHandle,
} from 'react-resizable-panels';
import { CentrePanel } from '../centre/CentrePanel.tsx';
import { PanelBoundary } from '../components/PanelBoundary.tsx';
import { HeadPanel } from '../head/HeadPanel.tsx';
import { NextTokens } from '../prompt/NextTokens.tsx';
import { PromptPanel } from '../prompt/PromptPanel.tsx';
import type { PanelName } from '../state/prefs-state.ts';
import type { DockTab } from '../state/view-state.ts';
import { Dock } from './Dock.tsx';
import { panels } from './panels.ts';
import { useAppState } from './use-app-state.ts';

const SIDE = { collapsible: true, groupResizeBehavior: 'preserve-pixel-size' } as const;

export function Workspace() {
  const rows = useDefaultLayout({ id: 'headscope.layout.rows', storage: localStorage });
  const columns = useDefaultLayout({ id: 'headscope.layout.columns', storage: localStorage });
  const left = useDefaultLayout({ id: 'headscope.layout.left', storage: localStorage });
  const promptRef = usePanelRef();
  const headsRef = usePanelRef();
  const dockRef = usePanelRef();
  const rowsGroup = useGroupRef();
  const columnsGroup = useGroupRef();
  const leftGroup = useGroupRef();
  useRegisteredGroup('rows', rowsGroup);
  useRegisteredGroup('columns', columnsGroup);
  useRegisteredGroup('left', leftGroup);
  useRegistered('prompt', promptRef, PROMPT_WIDTH);
  useRegistered('heads', headsRef, HEADS_WIDTH);
  useRegistered('dock', dockRef, DOCK_HEIGHT);

  useEffect(() => {
    panels.onReset(() => {
      promptRef.current?.resize(PROMPT_WIDTH);
      headsRef.current?.resize(HEADS_WIDTH);
      dockRef.current?.resize(DOCK_EMPTY_HEIGHT);
      leftGroup.current?.setLayout({ editor: 58, next: 42 });
    });
  }, [promptRef, headsRef, dockRef, leftGroup]);

  const wantedHeight = useAppState(({ edit }) => {
    if (edit.interventions.length === 0) return 0;
    return edit.comparedId === undefined ? DOCK_HEIGHT : DOCK_COMPARE_HEIGHT;
  });
  useEffect(() => {
    const dock = dockRef.current;
    // A dock that was folded away stays so.
    if (dock && !dock.isCollapsed() && dock.getSize().inPixels < wantedHeight) dock.resize(wantedHeight);
  }, [wantedHeight, dockRef]);

  const isGenerating = useAppState(({ generation }) => generation.job !== undefined);
  const tabHeight = useAppState(({ view }) => TAB_HEIGHT[view.dockTab]);
  useEffect(() => {
    const dock = dockRef.current;
    // Who asks for text wants to see it, also in a dock that was folded away.
    if (isGenerating) dock?.expand();
    if (tabHeight !== undefined && dock && !dock.isCollapsed() && dock.getSize().inPixels < tabHeight) {
      dock.resize(tabHeight);
    }
  }, [isGenerating, tabHeight, dockRef]);

  return (
    <main className="hs-workspace" aria-label="Headscope">
      <Group
        id="rows"
        orientation="vertical"
        groupRef={rowsGroup}
        {...(rows.defaultLayout ? { defaultLayout: rows.defaultLayout } : {})}
        onLayoutChanged={rows.onLayoutChanged}
      >
        <Panel id="main" minSize={300}>
          <Group
            id="columns"
            groupRef={columnsGroup}
            {...(columns.defaultLayout ? { defaultLayout: columns.defaultLayout } : {})}
            onLayoutChanged={columns.onLayoutChanged}
          >
            <Panel id="prompt" panelRef={promptRef} defaultSize={PROMPT_WIDTH} minSize={MIN_SIZE.prompt} {...SIDE}>
              <Group
                id="left"
                orientation="vertical"
                groupRef={leftGroup}
                {...(left.defaultLayout ? { defaultLayout: left.defaultLayout } : {})}
                onLayoutChanged={left.onLayoutChanged}
              >
                <Panel id="editor" defaultSize="58" minSize={184}>
                  <PanelBoundary what="The prompt">
                    <PromptPanel />
                  </PanelBoundary>
                </Panel>
                <Separator className="hs-separator hs-separator--row" aria-label="Height of the prompt" />
                <Panel id="next" defaultSize="42" minSize={70}>
                  <PanelBoundary what="The list of next tokens">
                    <NextTokens />
                  </PanelBoundary>
                </Panel>
              </Group>
            </Panel>
            <Separator className="hs-separator" aria-label="Width of the prompt panel" />
            <Panel id="map" minSize={360}>
              <CentrePanel />
            </Panel>
            <Separator className="hs-separator" aria-label="Width of the heads panel" />
            <Panel id="heads" panelRef={headsRef} defaultSize={HEADS_WIDTH} minSize={MIN_SIZE.heads} {...SIDE}>
              <PanelBoundary what="The head atlas">
                <HeadPanel />
              </PanelBoundary>
            </Panel>
          </Group>
        </Panel>
        <Separator className="hs-separator hs-separator--row" aria-label="Height of the dock" />
        <Panel id="dock" panelRef={dockRef} defaultSize={DOCK_EMPTY_HEIGHT} minSize={MIN_SIZE.dock} {...SIDE}>
          <PanelBoundary what="The dock">
            <Dock />
          </PanelBoundary>
        </Panel>
      </Group>
    </main>
  );
}

/** Pixels. */
const MIN_SIZE: Readonly<Record<PanelName, number>> = { prompt: 220, heads: 260, dock: 90 };
const PROMPT_WIDTH = 300;
/** A wide window has room for every column of the ranked list. */
const HEADS_WIDTH = window.innerWidth >= 1600 ? 420 : 340;
/** Without interventions the dock is its tabs and a line; the first one opens it. */
const DOCK_EMPTY_HEIGHT = 112;
const DOCK_HEIGHT = 248;
/** Of two scenarios below each other. */
const DOCK_COMPARE_HEIGHT = 310;
/** Of tabs that say little in less: the candidates of a step in full, the map of sinks with its labels. */
const TAB_HEIGHT: Readonly<Partial<Record<DockTab, number>>> = { generation: 210, sinks: 330 };

function useRegisteredGroup(name: string, ref: RefObject<GroupImperativeHandle | null>): void {
  useEffect(
    () =>
      panels.registerGroup(name, {
        getLayout: () => ref.current?.getLayout() ?? {},
        setLayout: (layout) => ref.current?.setLayout(layout),
      }),
    [name, ref],
  );
}

function useRegistered(name: PanelName, ref: RefObject<PanelImperativeHandle | null>, size: number): void {
  useEffect(
    () =>
      panels.register(name, {
        isCollapsed: () => ref.current?.isCollapsed() ?? false,
        collapse: () => ref.current?.collapse(),
        expand: () => {
          ref.current?.expand();
          // A panel that was already folded when the page was loaded has no size to go back to.
          if ((ref.current?.getSize().inPixels ?? size) < MIN_SIZE[name] + 2) ref.current?.resize(size);
        },
      }),
    [name, ref, size],
  );
}
