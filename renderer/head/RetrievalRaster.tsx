import { lutOf, sampleLut } from '../../shared/colour/lut.ts';
import { toHex } from '../../shared/colour/rgb.ts';
import { formatHead, type HeadId } from '../../shared/model/head-id.ts';
import { useApp } from '../app/app-context.ts';
import { selectHead } from '../state/edits.ts';
import type { RasterRow } from './retrieval-rows.ts';

interface RetrievalRasterProps {
  readonly rows: readonly RasterRow[];
  /** Needle tokens. */
  readonly tokens: number;
  readonly selected: HeadId;
}

/** Every so many columns have their number. */
const NUMBERED = 4;
const LEGEND = [0, 0.25, 0.5, 0.75, 1];

/** Heads x needle tokens, coloured by the share of samples in which the head tried to copy the token. */
export function RetrievalRaster({ rows, tokens, selected }: RetrievalRasterProps) {
  const { store } = useApp();
  return (
    <>
      <table className="hs-raster" aria-label="Attempted copies of each needle token, by head">
        <thead>
          <tr>
            <th scope="col" className="hs-raster__axis" rowSpan={2}>
              head
            </th>
            <th scope="colgroup" className="hs-raster__axis" colSpan={tokens}>
              needle token, in its order
            </th>
          </tr>
          <tr>
            {Array.from({ length: tokens }, (_, token) => (
              <th key={token} scope="col" aria-label={`Needle token ${token}`}>
                {token % NUMBERED === 0 && token}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const name = formatHead(row);
            const isSelected = row.layer === selected.layer && row.head === selected.head;
            return (
              <tr key={name} aria-current={isSelected} onClick={() => selectHead(store, row)}>
                <th scope="row">
                  <button type="button" className="hs-raster__head" title={`Go to ${name}`}>
                    {name}
                  </button>
                </th>
                {row.shares.map((share, token) => (
                  <td
                    key={token}
                    style={{ background: colourOf(share) }}
                    title={`${name}, needle token ${token}: ${percent(share)} of the samples`}
                  />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className="hs-raster__legend" role="img" aria-label="Colours: 0 to 100% of the samples">
        0
        {LEGEND.map((share) => (
          <i key={share} style={{ background: colourOf(share) }} />
        ))}
        100% of the samples
      </div>
    </>
  );
}

function colourOf(share: number): string {
  return toHex(sampleLut(lutOf('viridis'), share));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}
