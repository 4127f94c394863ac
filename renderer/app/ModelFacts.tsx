import type { ModelInfo } from '../../shared/model/model-info.ts';
import { formatBytes, formatCount } from '../../shared/view/format.ts';

/** What was read from the open model's files, with everything that a reader of its numbers should know. */
export function ModelFacts({ model }: { readonly model: ModelInfo }) {
  const windows = [...new Set(model.slidingWindow.filter((keys) => keys !== null))];
  return (
    <section className="hs-facts" aria-label="The open model">
      <dl>
        <dt>Open now</dt>
        <dd>
          {model.name}, {model.architecture}
        </dd>
        <dt>Folder</dt>
        <dd className="hs-mono hs-small">{model.path}</dd>
        <dt>Size</dt>
        <dd>
          {formatCount(model.parameters)} parameters, {formatBytes(model.weightsBytes)} in {model.dtype}, computed in
          float32
        </dd>
        <dt>Heads</dt>
        <dd>
          {model.layers} layers × {model.heads} query heads on {model.kvHeads} key-value heads, {model.headDim}{' '}
          dimensions each
        </dd>
        <dt>Positions</dt>
        <dd>
          {model.rope}
          {windows.length > 0 && `; sliding window of ${windows.join(', ')} keys`}
        </dd>
        {model.device && (
          <>
            <dt>Computed on</dt>
            <dd>
              {model.device.provider}
              {model.device.refused.map(({ provider, reason }) => `; not on ${provider}: ${reason}`)}
            </dd>
          </>
        )}
        {model.ignoredFields.length > 0 && (
          <>
            <dt title="Fields of config.json that do not enter the computation">Unused fields</dt>
            <dd className="hs-small">{model.ignoredFields.join(', ')}</dd>
          </>
        )}
        {model.warnings.map((warning) => (
          <div key={warning} className="hs-facts__warning" style={{ display: 'contents' }}>
            <dt>Warning</dt>
            <dd className="hs-facts__warning">{warning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
