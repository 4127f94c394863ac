/**
 * The oracle: a model of two layers and two heads a layer with weights by hand, so that what each head does is known.
 *
 * The residual has four slots: token (one-hot), position (one-hot), the token before, and output. L0H0 attends to the
 * position before and writes its token into the third slot; L0H1 rests on BOS with values of zero; L1H0 is the
 * induction head: it looks for its token in the third slot and writes what stands there into the output, or BOS's token
 * where there is nothing to find; L1H1 finds the earlier copy of its token, with values of zero.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../safetensors/index.ts';

export const ORACLE = { layers: 2, heads: 2, vocab: 12, context: 32, bos: 0 } as const;

const { vocab: VOCAB, context: CONTEXT, heads: HEADS } = ORACLE;
/** Gain of a match, of resting on BOS, and of the unembedding. */
const MATCH = 40;
const REST = 15;
const UNEMBED = 10;
const TOKEN = 0;
const POSITION = VOCAB;
const BEFORE = VOCAB + CONTEXT;
const OUTPUT = 2 * VOCAB + CONTEXT;
const WIDTH = 3 * VOCAB + CONTEXT;
/** The widest head, L1H1, needs 45 dimensions; the others are padded with zeros. */
const HEAD_DIM = 48;

type Cell = readonly [row: number, column: number, value: number];

/** Cells that are not zero: q, k, v [dModel, headDim] and o [headDim, dModel]. */
interface HeadCells {
  readonly q: readonly Cell[];
  readonly k: readonly Cell[];
  readonly v: readonly Cell[];
  readonly o: readonly Cell[];
}

const tokens = Array.from({ length: VOCAB }, (_, token) => token);
const positions = Array.from({ length: CONTEXT }, (_, position) => position);

/** Every query matches the key of position 0 in this dimension. */
const restQueries = (dimension: number, gain: number): Cell[] =>
  positions.map((position) => [POSITION + position, dimension, gain]);

const writes = (slot: number): Pick<HeadCells, 'v' | 'o'> => ({
  v: tokens.map((token) => [TOKEN + token, token, 1]),
  o: tokens.map((token) => [token, slot + token, 1]),
});
const SILENT: Pick<HeadCells, 'v' | 'o'> = { v: [], o: [] };

const previous: HeadCells = {
  q: positions.map((position) => [POSITION + position, Math.max(position - 1, 0), MATCH]),
  k: positions.map((position) => [POSITION + position, position, 1]),
  ...writes(BEFORE),
};
const sink: HeadCells = { q: restQueries(0, MATCH), k: [[POSITION, 0, 1]], ...SILENT };
const induction: HeadCells = {
  q: [...tokens.map((token): Cell => [TOKEN + token, token, MATCH]), ...restQueries(VOCAB, REST)],
  k: [...tokens.map((token): Cell => [BEFORE + token, token, 1]), [POSITION, VOCAB, 1]],
  ...writes(OUTPUT),
};
const duplicate: HeadCells = {
  q: [
    ...tokens.map((token): Cell => [TOKEN + token, token, MATCH]),
    ...restQueries(VOCAB, REST),
    // Not itself.
    ...positions.map((position): Cell => [POSITION + position, VOCAB + 1 + position, -2 * MATCH]),
  ],
  k: [
    ...tokens.map((token): Cell => [TOKEN + token, token, 1]),
    [POSITION, VOCAB, 1],
    ...positions.map((position): Cell => [POSITION + position, VOCAB + 1 + position, 1]),
  ],
  ...SILENT,
};
const LAYERS = [
  [previous, sink],
  [induction, duplicate],
] as const;

/** Writes the oracle in the layout of the test-only family `attn-only`. */
export async function writeOracle(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const config = {
    model_type: 'attn-only',
    architectures: ['AttentionOnly'],
    layers: ORACLE.layers,
    heads: HEADS,
    head_dim: HEAD_DIM,
    d_model: WIDTH,
    vocab_size: VOCAB,
    context: CONTEXT,
    bos_token_id: ORACLE.bos,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2));
  const width = HEADS * HEAD_DIM;
  const tensors = [
    matrix(
      'embed.weight',
      [VOCAB, WIDTH],
      tokens.map((token) => [token, TOKEN + token, 1]),
    ),
    matrix(
      'positions.weight',
      [CONTEXT, WIDTH],
      positions.map((position) => [position, POSITION + position, 1]),
    ),
    matrix(
      'unembed.weight',
      [VOCAB, WIDTH],
      tokens.map((token) => [token, OUTPUT + token, UNEMBED]),
    ),
    ...LAYERS.flatMap((heads, layer) => [
      // Stored as [out, in], heads side by side.
      ...(['q', 'k', 'v'] as const).map((part) => {
        const cells = heads.flatMap((head, at) =>
          head[part].map(([row, column, value]): Cell => [at * HEAD_DIM + column, row, value]),
        );
        return matrix(`layers.${layer}.${part}.weight`, [width, WIDTH], cells);
      }),
      matrix(
        `layers.${layer}.o.weight`,
        [WIDTH, width],
        heads.flatMap(({ o }, at) => o.map(([row, column, value]): Cell => [column, at * HEAD_DIM + row, value])),
      ),
    ]),
  ];
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
}

function matrix(name: string, shape: readonly [number, number], cells: readonly Cell[]) {
  const data = new Float32Array(shape[0] * shape[1]);
  for (const [row, column, value] of cells) data[row * shape[1] + column]! += value;
  return { name, dtype: 'F32' as const, shape, data };
}
