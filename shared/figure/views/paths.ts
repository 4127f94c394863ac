/** What a head sends straight to the queries, keys and values of every later one, and to the logits. */
import type { PathsRecord } from '../../model/effect-results.ts';
import { formatHead } from '../../model/head-id.ts';
import { unpack } from '../../session/packed.ts';
import { PATH_INPUTS, straightText } from '../../view/effects/path-words.ts';
import { DIRECTION_WORDS, movedLegend, movedOf, movedScale } from '../../view/effects/patch-grid.ts';
import { formatSigned } from '../../view/format.ts';
import { drawPage } from '../page.ts';
import { effectPage, type EffectPage } from '../parts/effect-page.ts';
import { drawRing } from '../parts/head-grid.ts';
import { drawMovedHeads, drawMovedLegend, movedLegendHeight } from '../parts/moved-grid.ts';
import type { FigureModel } from '../source.ts';
import type { FigureView } from '../view.ts';

export interface PathsFigure extends EffectPage {
  readonly record: PathsRecord;
  readonly model: FigureModel;
}

const TITLE_EM = 1.6;
const GAP_EM = 1;
/** Three maps side by side from this width on. */
const ACROSS_EM = 30;

export const pathsView: FigureView<'paths', PathsFigure> = {
  id: 'paths',
  load({ result }, { source }) {
    const record = unpack<PathsRecord>(result);
    const { about, direction, sender, mlps, token, against, clean, corrupted } = record;
    const page = effectPage(source, {
      about,
      badges: ['propagated'],
      name: `Paths from ${formatHead(sender)}`,
      details: straightText(record),
      caption: [
        `${DIRECTION_WORDS[direction].name}, over direct paths alone: the output of ${formatHead(sender)} (ringed) is taken from the other prompt, all other heads are kept, MLPs ${mlps === 'frozen' ? 'are kept too' : 'pass the change on'}; what so reaches the queries, keys or values of one later head is put in there alone.`,
        'Grey: not after the sender.',
        `logit(${token.display}) − logit(${against.display}): clean ${formatSigned(clean)}, corrupted ${formatSigned(corrupted)}.`,
      ],
    });
    const { layers, heads, kvHeads } = about;
    return Promise.resolve({
      ...page,
      record,
      model: { name: about.model, modelId: about.modelId, layers, heads, kvHeads },
    });
  },

  scene(recipe, { record, model, text }, measure) {
    return drawPage(recipe, text, measure, (sketch, frame) => {
      const { em, theme } = sketch;
      const maps = PATH_INPUTS.map(({ id, name }) => ({ name, moved: movedOf(record.direction, record[id]) }));
      const parts = { scale: movedScale(maps.map(({ moved }) => moved)), theme: recipe.theme };
      const columns = frame.width >= ACROSS_EM * em ? maps.length : 1;
      const rows = maps.length / columns;
      const pitch = frame.width / columns;
      const words = movedLegend([record.direction]);
      const room = frame.height && (frame.height - movedLegendHeight(sketch, frame.width, words)) / rows - GAP_EM * em;
      let y = frame.y;
      for (const [index, { name, moved }] of maps.entries()) {
        const x = frame.x + (index % columns) * pitch;
        sketch.text(name, x, y + em);
        const height = room && Math.max(4 * em, room - TITLE_EM * em);
        const own = { x, y: y + TITLE_EM * em, width: pitch - (columns > 1 ? GAP_EM * em : 0), height };
        const grid = drawMovedHeads(sketch, own, { ...parts, moved, model, none: theme.mask });
        drawRing(sketch, grid, record.sender);
        if ((index + 1) % columns === 0) y = grid.y + grid.height + GAP_EM * em;
      }
      const below = { x: frame.x, y: y - GAP_EM * em, width: frame.width };
      return drawMovedLegend(sketch, below, parts, words);
    });
  },

  table: (_, { record, model: { layers, heads } }) => {
    const shape = [layers, heads];
    const list = Array.from({ length: layers * heads }, (_head, at) => [Math.floor(at / heads), at % heads] as const);
    return Promise.resolve({
      arrays: [
        ...PATH_INPUTS.map(({ id, name }) => ({
          name: id,
          shape,
          values: record[id],
          about: `recovery by the path ${name}, [layers, heads]; NaN: not after the sender`,
        })),
        {
          name: 'logits',
          shape: [1],
          values: Float64Array.of(record.logits),
          about: 'recovery by the path to the logits',
        },
      ],
      texts: [
        { name: 'sender', values: [formatHead(record.sender)], about: 'whose output is taken from the other prompt' },
        { name: 'direction', values: [record.direction], about: 'denoise: clean into corrupted; noise: the reverse' },
      ],
      sheet: {
        header: ['to', 'layer', 'head', 'recovery'],
        rows: [
          ['logits', NaN, NaN, record.logits],
          ...PATH_INPUTS.flatMap(({ id }) => list.map(([layer, head], at) => [id, layer, head, record[id][at]!])),
        ],
      },
    });
  },

  python: () => [
    "ax.set_title(str(data['sender'][0]) + ' into queries, keys, values')",
    'ax.set_axis_off()',
    "for at, name in enumerate(('q', 'k', 'v')):",
    '    own = ax.inset_axes([at / 3, 0, 0.3, 1])',
    "    image = own.imshow(data[name], cmap='RdBu_r', vmin=-1, vmax=1)",
    '    own.set_title(name)',
    "    own.set_xlabel('head')",
    "    own.set_ylabel('layer')",
    "fig.colorbar(image, ax=ax, label='recovery')",
  ],
};
