import { act, cleanup, fireEvent, render } from '@testing-library/react';
import { useRef } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { MapsCanvas } from './MapsCanvas.tsx';
import { mapsLayout } from './maps-layout.ts';

const GRID = { layers: 32, heads: 32 };
const layout = mapsLayout({ ...GRID, widthPx: 316, brackets: true, size: 2, pixelRatio: 1 });
const miniatures = { size: 2, tokens: 2, values: new Float32Array(32 * 32 * 4).fill(0.5) };
const drawImage = vi.fn();

beforeEach(() => {
  drawImage.mockClear();
  stubElementSize(316, 400);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(316);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (this: HTMLCanvasElement) {
    return {
      canvas: this,
      setTransform: vi.fn(),
      clearRect: vi.fn(),
      fillRect: vi.fn(),
      drawImage,
      createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(width * height * 4) }),
      putImageData: vi.fn(),
    } as unknown as CanvasRenderingContext2D;
  } as never);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function Scrolled() {
  const box = useRef<HTMLDivElement>(null);
  return (
    <div ref={box} data-testid="box">
      <MapsCanvas {...GRID} layout={layout} miniatures={miniatures} box={box} />
    </div>
  );
}

it('draws what is near the view, once, and more only when the edge of it comes into view', () => {
  const { container, getByTestId } = render(<Scrolled />);
  const box = getByTestId('box');
  const scrollTo = (top: number) =>
    act(() => {
      box.scrollTop = top;
      fireEvent.scroll(box);
    });
  const canvas = () => container.querySelector('canvas')!;
  // 32 px labels and 30 px rows: 13 layers in view and half as many below; 10 heads and half as many to the right.
  const first = drawImage.mock.calls.length;
  expect(first).toBe((13 + 7) * (10 + 5));
  expect(canvas().style.top).toBe(`${layout.topPx}px`);
  scrollTo(100);
  expect(drawImage).toHaveBeenCalledTimes(first);
  scrollTo(600);
  expect(drawImage.mock.calls.length).toBeGreaterThan(first);
  expect(Number.parseFloat(canvas().style.top)).toBeGreaterThan(layout.topPx);
  expect(container.querySelectorAll('canvas')).toHaveLength(1);
});
