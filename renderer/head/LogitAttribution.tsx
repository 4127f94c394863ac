import { useEffect } from 'react';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { ModelInfo } from '../../shared/model/model-info.ts';
import type { RunSummary } from '../../shared/model/run.ts';
import { formatSigned } from '../../shared/view/format.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { useKeptData } from '../app/use-data.ts';
import { attributionKey } from '../engine/head-page-keys.ts';
import { defaultLogitAgainst, defaultLogitToken, logitPosition } from '../engine/head-page-demands.ts';
import type { RunHandle } from '../state/run-state.ts';
import { patch } from '../state/store.ts';
import { attributionRows } from './attribution-rows.ts';
import { PageSection } from './PageSection.tsx';
import { logitTokens } from './logit-tokens.ts';

interface LogitAttributionProps {
  readonly model: ModelInfo;
  readonly run: RunHandle;
  readonly summary: RunSummary;
  readonly head: HeadId;
}

/** What the head writes straight into a logit, or into a difference of two, beside all the other parts. */
export function LogitAttribution({ model, run, summary, head }: LogitAttributionProps) {
  const { store } = useApp();
  const logit = useAppState(({ headPage }) => headPage.logit);
  const position = useAppState((state) => logitPosition(state, run.tokens));
  const isCurrent = logit?.of === run.key && logit.position === position;
  const token = isCurrent ? logit.token : defaultLogitToken(summary, position);
  const usual = token === undefined ? undefined : defaultLogitAgainst(summary, position, token);
  const against = isCurrent ? logit.against : usual;

  const choose = (change: { readonly token?: number; readonly against?: number | undefined }) => {
    if (token === undefined) return;
    patch(store, 'headPage', { logit: { of: run.key, position, token, against, ...change } });
  };
  // A token less itself says nothing.
  const chooseToken = (id: number) =>
    choose({ token: id, against: id === against ? defaultLogitAgainst(summary, position, id) : against });
  useEffect(() => {
    if (!isCurrent && token !== undefined) {
      patch(store, 'headPage', { logit: { of: run.key, position, token, against } });
    }
  }, [store, isCurrent, run.key, position, token, against]);

  const key = token === undefined ? undefined : attributionKey(run.key, position, token, against ?? null);
  const { value, stale, error } = useKeptData(key, `${run.key}/${position}`);
  const tokens = logitTokens(summary, position);
  const display = (id: number) => tokens.find((one) => one.id === id)?.display ?? `#${id}`;
  const rows = value && attributionRows(value, head, model.heads);
  return (
    <PageSection
      title="Direct logit attribution"
      side={
        <>
          <select
            className="hs-select"
            aria-label="Token whose logit is taken apart"
            value={token ?? ''}
            onChange={({ target }) => chooseToken(Number(target.value))}
          >
            {tokens.map(({ id }) => (
              <option key={id} value={id}>
                {display(id)}
              </option>
            ))}
          </select>
          −
          <select
            className="hs-select"
            aria-label="Token that it is compared with"
            value={against ?? ''}
            onChange={({ target }) => choose({ against: target.value === '' ? undefined : Number(target.value) })}
          >
            <option value="">nothing</option>
            {tokens
              .filter(({ id }) => id !== token)
              .map(({ id }) => (
                <option key={id} value={id}>
                  {display(id)}
                </option>
              ))}
          </select>
        </>
      }
      stale={stale}
      error={error}
      retry={key}
    >
      {rows ? (
        <>
          <table className="hs-attribution">
            <thead>
              <tr>
                <th scope="col">part</th>
                <th scope="col" className="hs-number">
                  logit
                </th>
                <th scope="col">
                  <span className="hs-visually-hidden">size</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.rows.map(({ name, value: part, note }) => (
                <tr key={name}>
                  <th scope="row">
                    {name} {note !== undefined && <span className="hs-dim">{note}</span>}
                  </th>
                  <td className="hs-number">{formatSigned(part, 3)}</td>
                  <td>
                    <SignedBar share={part / rows.largest} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="hs-dim">
            Row of token {position} “{summary.tokens[position]?.display}”. All parts sum to {formatSigned(rows.sum, 4)};
            the forward gave {formatSigned(rows.logit, 4)}. MLPs are what heads and biases leave of the change in each
            layer, so this agreement does not check the parts of single heads.
          </p>
        </>
      ) : (
        <p className="hs-dim">{token === undefined ? 'There is no next token.' : 'Being computed.'}</p>
      )}
    </PageSection>
  );
}

/** `share`: of the largest part, signed. */
function SignedBar({ share }: { readonly share: number }) {
  const width = Number.isFinite(share) ? Math.min(1, Math.abs(share)) * 50 : 0;
  return (
    <svg className="hs-attribution__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect
        className={share < 0 ? 'hs-attribution__down' : 'hs-attribution__up'}
        x={share < 0 ? 50 - width : 50}
        width={width}
        y={1}
        height={6}
      />
      <line className="hs-attribution__zero" x1={50} x2={50} y2={8} />
    </svg>
  );
}
