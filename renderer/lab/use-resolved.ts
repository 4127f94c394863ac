import { useEffect, useState } from 'react';
import type { ParamsOf } from '../../shared/contract/methods.ts';
import type { MethodResolution } from '../../shared/model/method.ts';
import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';

const NONE: readonly MethodResolution[] = [];

/** What a run of the method would take, one for each budget; empty until the engine has told, and without one. */
export function useResolved(params: ParamsOf<'method.resolve'>): readonly MethodResolution[] {
  const { session } = useApp();
  const isLive = useAppState(({ model }) => model.live);
  const modelId = useAppState(({ model }) => model.info?.modelId);
  const [told, setTold] = useState<{ readonly of: string; readonly each: readonly MethodResolution[] }>();
  const asked = JSON.stringify(params);
  const of = `${modelId} ${asked}`;
  useEffect(() => {
    if (!isLive) return;
    const controller = new AbortController();
    const ask = JSON.parse(asked) as ParamsOf<'method.resolve'>;
    session.askLab('method.resolve', ask, controller.signal).then(
      ({ each }) => setTold({ of, each }),
      // The form then says what it knows by itself; the run says why it cannot be.
      () => undefined,
    );
    return () => controller.abort();
  }, [session, isLive, asked, of]);
  return told?.of === of ? told.each : NONE;
}
