import type { ModelInfo } from '../../../shared/model/model-info.ts';
import type { Console } from '../console.ts';
import { formatTable } from '../table.ts';
import { withEngine } from '../with-engine.ts';

/** `headscope info`: what a model is, and what of its files is not read. */
export async function runInfo(console: Console, { model }: { readonly model: string }): Promise<void> {
  const info = await withEngine(console, {}, ({ engine, context }) =>
    engine.handlers['model.open']({ path: model }, context),
  );
  console.result(info, () => formatInfo(info));
}

export function formatInfo(info: ModelInfo): string {
  const window = new Set(info.slidingWindow);
  const windows = window.size === 1 && window.has(null) ? 'none' : info.slidingWindow.map((w) => w ?? 'full').join(' ');
  const rows: [string, string][] = [
    ['Name', info.name],
    ['Folder', info.path],
    ['Architecture', `${info.architecture} (${info.family})`],
    ['Layers', String(info.layers)],
    ['Heads', `${info.heads} query, ${info.kvHeads} key and value, ${info.headDim} wide`],
    ['Model width', String(info.dModel)],
    ['Context', `${info.context} tokens`],
    ['Vocabulary', String(info.vocabSize)],
    ['Parameters', `${(info.parameters / 1e6).toFixed(2)} million, stored as ${info.dtype}`],
    ['Weights', `${(info.weightsBytes / 2 ** 20).toFixed(1)} MiB`],
    ['Positions', info.rope],
    ['Sliding window', windows],
    ['Tokenizer', info.tokenizer.available ? 'available' : `none: ${info.tokenizer.reason}`],
    [
      'BOS',
      info.bos
        ? `${info.bos.text} (${info.bos.id}), ${info.bosByDefault ? 'prepended' : 'not prepended'} by default`
        : 'none',
    ],
    ['Identity', info.modelId],
    ['Ignored fields', info.ignoredFields.length > 0 ? info.ignoredFields.join(', ') : 'none'],
    ...info.warnings.map((warning): [string, string] => ['Warning', warning]),
  ];
  return formatTable([], rows);
}
