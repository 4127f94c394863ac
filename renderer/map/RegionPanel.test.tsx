import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { syntheticHead, syntheticTokens } from './gallery/synthetic-head.ts';
import type { MapSource } from './map-source.ts';
import { RegionPanel, type RegionPanelProps } from './RegionPanel.tsx';

afterEach(cleanup);

const tokens = syntheticTokens(40);
const { source } = syntheticHead(40, 1, 0);
const region = { rowStart: 20, rowEnd: 24, keyStart: 0, keyEnd: 2 };

function props(change: Partial<RegionPanelProps> = {}): RegionPanelProps {
  return {
    source,
    runId: 'r1',
    head: { layer: 0, head: 1 },
    tokens,
    region,
    onShow: vi.fn(),
    onZoom: vi.fn(),
    onClear: vi.fn(),
    ...change,
  };
}

describe('the selection', () => {
  it('is told by its tokens, its mass and its strongest cells, which can be gone to', async () => {
    const onShow = vi.fn();
    render(<RegionPanel {...props({ onShow })} />);
    const panel = screen.getByRole('complementary', { name: 'Selection on L0H1' });
    expect(panel.textContent).toContain('20–23, 4 tokens: “');
    const cells = await within(panel).findAllByRole('button', { name: /→/ });
    expect(cells).toHaveLength(8);
    expect(panel.textContent).toContain('8 of 8');
    expect(panel.textContent).toMatch(/over 4/);
    fireEvent.click(cells[0]!);
    expect(onShow).toHaveBeenCalledWith(expect.objectContaining({ key: 0 }));
  });

  it('says that nothing can be seen where all keys lie in the future', async () => {
    render(<RegionPanel {...props({ region: { rowStart: 0, rowEnd: 3, keyStart: 30, keyEnd: 34 } })} />);
    expect(await screen.findByText(/No cell here can be seen/)).toBeTruthy();
  });

  it('says why it could not be read, and tries again', async () => {
    let fail = true;
    const read = vi.fn<MapSource['region']>((params, signal) =>
      fail ? Promise.reject(new Error('the run was released.')) : source.region(params, signal),
    );
    render(<RegionPanel {...props({ source: { ...source, region: read } })} />);
    expect((await screen.findByRole('alert')).textContent).toContain('the run was released.');
    fail = false;
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('visible cells')).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
