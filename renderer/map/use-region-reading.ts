import { useEffect, useState } from 'react';
import { CancelledError } from '../../shared/base/app-error.ts';
import type { RegionReading } from '../../shared/contract/methods.ts';
import type { HeadId } from '../../shared/model/head-id.ts';
import type { MapSource } from './map-source.ts';
import type { MapRegion } from './region.ts';

export interface RegionAnswer {
  /** Of the last question that was answered; see `fresh`. */
  readonly reading: RegionReading | undefined;
  /** The rectangle that `reading` is about. */
  readonly of: MapRegion | undefined;
  /** `reading` answers what is asked now. */
  readonly fresh: boolean;
  readonly failure: Error | undefined;
  readonly retry: () => void;
}

/** What lies in a rectangle. The latest question wins; the answer before stays until then. */
export function useRegionReading(
  source: MapSource,
  runId: string,
  { layer, head }: HeadId,
  region: MapRegion,
): RegionAnswer {
  const { rowStart, rowEnd, keyStart, keyEnd } = region;
  const question = [runId, layer, head, rowStart, rowEnd, keyStart, keyEnd].join(' ');
  const [answer, setAnswer] = useState<{ question: string; of: MapRegion; reading: RegionReading }>();
  const [failed, setFailed] = useState<{ question: string; failure: Error }>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const of = { rowStart, rowEnd, keyStart, keyEnd };
    // While a rectangle is drawn it changes with every frame: one question a frame at most.
    const frame = requestAnimationFrame(() => {
      source.region({ runId, layer, head, ...of }, controller.signal).then(
        (reading) => {
          if (!controller.signal.aborted) setAnswer({ question, of, reading });
        },
        (error: unknown) => {
          if (controller.signal.aborted || error instanceof CancelledError) return;
          setFailed({ question, failure: error instanceof Error ? error : new Error(String(error)) });
        },
      );
    });
    return () => {
      cancelAnimationFrame(frame);
      controller.abort();
    };
  }, [source, question, runId, layer, head, rowStart, rowEnd, keyStart, keyEnd, tries]);
  return {
    reading: answer?.reading,
    of: answer?.of,
    fresh: answer?.question === question,
    failure: failed?.question === question ? failed.failure : undefined,
    retry: () => {
      setFailed(undefined);
      setTries(tries + 1);
    },
  };
}
