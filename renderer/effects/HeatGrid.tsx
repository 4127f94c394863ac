import { ticks } from 'd3';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { textOn } from '../../shared/colour/contrast.ts';
import { toHex, type Rgb } from '../../shared/colour/rgb.ts';

interface HeatGridProps {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns]; NaN: nothing there. */
  readonly values: ArrayLike<number>;
  readonly colour: (value: number) => Rgb;
  readonly text: (value: number) => string;
  readonly rowName: (row: number) => string;
  readonly columnName: (column: number) => string;
  /** Columns are tokens, whose names lean: which are named, so many columns apart at least. */
  readonly tokens?: ((gap: number) => readonly number[]) | undefined;
  readonly label: string;
  readonly width: number;
  /** Largest side of a cell, CSS pixels. */
  readonly largest?: number;
  readonly selected?: { readonly row: number; readonly column: number } | undefined;
  readonly onCell: (row: number, column: number) => void;
  /** The cell under the pointer or at the keys. */
  readonly onPoint: (cell: { readonly row: number; readonly column: number } | undefined) => void;
}

const LEFT = 44;
const NUMBERED = { width: 30, height: 14 } as const;
const LETTER_PX = 6.4;
const NUMBER_GAP_PX = 18;
const TOKEN_GAP_PX = 18;
const NAME_CHARACTERS = 10;
const RISE = Math.sin((40 * Math.PI) / 180);

/** Rows and columns of coloured cells. Arrow keys go from cell to cell, Enter is a click. */
export function HeatGrid(props: HeatGridProps) {
  const { rows, columns, values, colour, text, rowName, columnName, tokens, label, width, selected } = props;
  const leaning = tokens !== undefined;
  const [at, setAt] = useState<{ readonly row: number; readonly column: number }>();
  const top = leaning ? 20 + NAME_CHARACTERS * LETTER_PX * RISE : 18;
  const room = Math.max(40, width - LEFT - (leaning ? 40 : 8));
  const columnPx = Math.min(props.largest ?? 46, room / columns);
  const rowPx = Math.max(8, Math.min(24, columnPx < 8 ? 22 : columnPx, 240 / rows));
  const gap = columnPx > 6 ? 1 : 0;
  const below = top + rows * rowPx;
  // One path a colour: a long prompt has thousands of cells.
  const paths = useMemo(() => {
    const byColour = new Map<string, string[]>();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = values[row * columns + column]!;
        if (Number.isNaN(value)) continue;
        const fill = toHex(colour(value));
        const part = `M${(column * columnPx).toFixed(2)} ${(row * rowPx).toFixed(2)}h${Math.max(0.4, columnPx - gap).toFixed(2)}v${(rowPx - gap).toFixed(2)}h${(-Math.max(0.4, columnPx - gap)).toFixed(2)}z`;
        const parts = byColour.get(fill);
        if (parts) parts.push(part);
        else byColour.set(fill, [part]);
      }
    }
    return [...byColour].map(([fill, parts]) => ({ fill, d: parts.join('') }));
  }, [rows, columns, values, colour, columnPx, rowPx, gap]);
  const step = Math.max(1, Math.ceil(NUMBER_GAP_PX / columnPx));
  const named = tokens
    ? tokens(TOKEN_GAP_PX / columnPx)
    : Array.from({ length: Math.ceil(columns / step) }, (_, index) => index * step);
  // Where not every token is named, its place is.
  const places = leaning && named.length < columns ? ticks(0, columns - 1, (columns * columnPx) / 60) : [];
  const isNumbered = columnPx >= NUMBERED.width && rowPx >= NUMBERED.height;
  const point = (cell: typeof at) => {
    setAt(cell);
    props.onPoint(cell);
  };
  const cellUnder = (event: React.PointerEvent<SVGRectElement> | React.MouseEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - box.x) / columnPx)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor((event.clientY - box.y) / rowPx)));
    return { row, column };
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const from = at ?? selected ?? { row: 0, column: 0 };
    if (event.key === 'Enter') props.onCell(from.row, from.column);
    if (!move && event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    if (!move) return;
    point({
      row: Math.min(rows - 1, Math.max(0, from.row + move[0]!)),
      column: Math.min(columns - 1, Math.max(0, from.column + move[1]!)),
    });
  };
  const outline = (cell: { readonly row: number; readonly column: number }, className: string) => (
    <rect
      className={className}
      x={LEFT + cell.column * columnPx - 1}
      y={top + cell.row * rowPx - 1}
      width={columnPx + 2 - gap}
      height={rowPx + 2 - gap}
    />
  );

  return (
    <svg
      className="hs-effects__grid"
      width={LEFT + columns * columnPx + (leaning ? 40 : 8)}
      height={below + (places.length > 0 ? 20 : 4)}
      role="img"
      aria-label={`${label}. Arrow keys go from cell to cell, Enter selects.`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <g className="hs-plot__axes">
        {Array.from({ length: rows }, (_, row) => (
          <text key={row} x={LEFT - 6} y={top + (row + 0.5) * rowPx} dy="0.35em" textAnchor="end">
            {rowName(row)}
          </text>
        ))}
        {named.map((column) => {
          const x = LEFT + (column + 0.5) * columnPx;
          return leaning ? (
            <g key={column}>
              <line x1={x} x2={x} y1={top - 4} y2={top} />
              <text className="hs-effects__token" transform={`translate(${x} ${top - 6}) rotate(-40)`}>
                {shortened(columnName(column))}
              </text>
            </g>
          ) : (
            <text key={column} x={x} y={top - 5} textAnchor="middle">
              {columnName(column)}
            </text>
          );
        })}
        {places.filter(Number.isInteger).map((place) => {
          const x = LEFT + (place + 0.5) * columnPx;
          return (
            <g key={place}>
              <line x1={x} x2={x} y1={below} y2={below + 4} />
              <text x={x} y={below + 15} textAnchor="middle">
                {place}
              </text>
            </g>
          );
        })}
      </g>
      <rect className="hs-effects__empty" x={LEFT} y={top} width={columns * columnPx} height={rows * rowPx} />
      <g transform={`translate(${LEFT} ${top})`} shapeRendering={gap === 0 ? 'crispEdges' : undefined}>
        {paths.map(({ fill, d }) => (
          <path key={fill} fill={fill} d={d} />
        ))}
        {isNumbered &&
          Array.from({ length: rows * columns }, (_, index) => {
            const value = values[index]!;
            if (Number.isNaN(value)) return null;
            const [row, column] = [Math.floor(index / columns), index % columns];
            return (
              <text
                key={index}
                className="hs-effects__number"
                x={(column + 0.5) * columnPx}
                y={(row + 0.5) * rowPx}
                dy="0.35em"
                textAnchor="middle"
                fill={toHex(textOn(colour(value)))}
              >
                {text(value)}
              </text>
            );
          })}
      </g>
      {selected && selected.row >= 0 && selected.column >= 0 && outline(selected, 'hs-effects__ring')}
      {at && outline(at, 'hs-effects__hover')}
      <rect
        className="hs-effects__catch"
        x={LEFT}
        y={top}
        width={columns * columnPx}
        height={rows * rowPx}
        onPointerMove={(event) => point(cellUnder(event))}
        onPointerLeave={() => point(undefined)}
        onClick={(event) => {
          const { row, column } = cellUnder(event);
          props.onCell(row, column);
        }}
      />
    </svg>
  );
}

function shortened(text: string): string {
  return text.length > NAME_CHARACTERS ? `${text.slice(0, NAME_CHARACTERS - 1)}…` : text;
}
