import type { HeadProfile } from '../../shared/model/run.ts';
import type { TokenView } from '../../shared/model/token-view.ts';
import { formatProbability } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { togglePin } from '../state/edits.ts';
import { PageSection } from './PageSection.tsx';
import { topKeys, topQueries } from './top-tokens.ts';

interface TopTokensProps {
  readonly profile: HeadProfile | undefined;
  readonly tokens: readonly TokenView[];
  /** Keys that rows rest on. */
  readonly sinks: readonly number[];
  readonly stale: boolean;
}

const MOST = 8;

/** Keys that get most, and rows in which the head does most. A click pins the token. */
export function TopTokens({ profile, tokens, sinks, stale }: TopTokensProps) {
  const keys = profile ? topKeys(profile, MOST) : [];
  const queries = profile ? topQueries(profile, sinks, MOST) : [];
  return (
    <>
      <PageSection title="Top keys" side="mean p over the rows that see it" stale={stale}>
        <ol className="hs-top-tokens">
          {keys.map(({ key, mean }) => (
            <li key={key}>
              <TokenButton index={key} tokens={tokens} />
              <span className="hs-number">{formatProbability(mean)}</span>
            </li>
          ))}
        </ol>
      </PageSection>
      <PageSection title="Top queries" side={`largest p, where it is not on ${keyNames(sinks)}`} stale={stale}>
        {profile && queries.length === 0 ? (
          <p className="hs-dim">Every row has its largest weight there.</p>
        ) : (
          <ol className="hs-top-tokens">
            {queries.map(({ query, key, p }) => (
              <li key={query}>
                <span className="hs-ellipsis">
                  <TokenButton index={query} tokens={tokens} /> → <TokenButton index={key} tokens={tokens} />
                </span>
                <span className="hs-number">{formatProbability(p)}</span>
              </li>
            ))}
          </ol>
        )}
      </PageSection>
    </>
  );
}

function keyNames(sinks: readonly number[]): string {
  return sinks.length === 1 ? `key ${sinks[0]!}` : `keys ${sinks.join(', ')}`;
}

function TokenButton({ index, tokens }: { readonly index: number; readonly tokens: readonly TokenView[] }) {
  const { store } = useApp();
  return (
    <button
      type="button"
      className="hs-top-tokens__token"
      title={`Token ${index}: pin it`}
      onClick={() => togglePin(store, index)}
    >
      <span className="hs-dim">{index}</span> {tokens[index]?.display}
    </button>
  );
}
