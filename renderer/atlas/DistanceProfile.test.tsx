import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { syntheticHead } from '../map/gallery/synthetic-head.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { binsInUse, distanceLabel, distanceStart } from '../../shared/view/atlas/distance-bins.ts';
import { DistanceProfile } from './DistanceProfile.tsx';

beforeEach(() => {
  stubElementSize(900, 128);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe('distance bins', () => {
  it('double, and are named by their range', () => {
    expect([0, 1, 2, 3, 8].map(distanceLabel)).toEqual(['0', '1', '2–3', '4–7', '128–255']);
    expect([0, 1, 2, 8].map(distanceStart)).toEqual(['0', '1', '2', '128']);
  });

  it('are as many as the prompt can reach', () => {
    expect([1, 2, 3, 4, 5, 300].map(binsInUse)).toEqual([1, 2, 3, 3, 4, 10]);
  });
});

describe('DistanceProfile', () => {
  const { profile } = syntheticHead(60, 1, 0);

  it('names the bins in full where they fit, else by their lower end', () => {
    const { unmount } = render(<DistanceProfile profile={profile} head={{ layer: 0, head: 1 }} />);
    expect(screen.getByText('2–3')).toBeTruthy();
    unmount();
    stubElementSize(200, 128);
    render(<DistanceProfile profile={profile} head={{ layer: 0, head: 1 }} />);
    expect(screen.queryByText('2–3')).toBeNull();
    expect(screen.getByText(/lower end of each bin/)).toBeTruthy();
  });

  it('says the mass of the bin under the pointer, and the largest to those who do not see it', () => {
    const { container } = render(<DistanceProfile profile={profile} head={{ layer: 0, head: 1 }} />);
    fireEvent.pointerEnter(container.querySelectorAll('.hs-distance__bar')[2]!.parentElement!);
    expect(container.querySelector('figcaption')!.textContent).toMatch(
      /^2–3 tokens back: 0\.\d+ of the attention mass$/,
    );
    expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(/^Most attention, 0\.\d+, at distance /);
  });

  it('keeps its place while there is no profile', () => {
    render(<DistanceProfile profile={undefined} head={{ layer: 0, head: 1 }} />);
    expect(screen.getByRole('img', { name: 'No profile yet' })).toBeTruthy();
  });
});
