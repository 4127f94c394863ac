import { useEffect, useState } from 'react';
import { CancelledError, toWireError, type WireError } from '../../shared/base/app-error.ts';
import type { Progress, RenderedFigureFile } from '../../shared/contract/methods.ts';
import type { FigureRecipeInput } from '../../shared/figure/recipe.ts';
import { useApp } from '../app/app-context.ts';

/** Beyond it the preview is drawn smaller than the file, which for a map may mean a coarser level. */
const MOST_PIXELS_WIDE = 2400;
const MM_PER_INCH = 25.4;
const SETTLE_MS = 250;

export interface Preview {
  /** Address of the picture of `figure`. */
  readonly source: string | undefined;
  readonly figure: RenderedFigureFile | undefined;
  readonly error: WireError | undefined;
  readonly progress: Progress | undefined;
  /** What is shown is an earlier one, or nothing yet. */
  readonly loading: boolean;
}

/** The picture of a recipe as the file will be; the last one stays until the next is there. */
export function usePreview(recipe: FigureRecipeInput | undefined): Preview {
  const { session } = useApp();
  const [shown, setShown] = useState<{ of: string; source: string; figure: RenderedFigureFile }>();
  const [failed, setFailed] = useState<{ of: string; error: WireError }>();
  const [progress, setProgress] = useState<Progress>();
  const wanted = JSON.stringify(recipe);

  useEffect(() => {
    if (!recipe) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const { widthMm = 180, dpi = 300 } = recipe;
      const scale = Math.min(1, MOST_PIXELS_WIDE / ((widthMm / MM_PER_INCH) * dpi));
      const onProgress = (next: Progress) => {
        if (!controller.signal.aborted) setProgress(next);
      };
      session.renderFigure({ recipe, format: 'png', scale }, controller.signal, onProgress).then(
        (figure) => {
          if (controller.signal.aborted) return;
          const source = URL.createObjectURL(new Blob([figure.bytes as BlobPart], { type: figure.mediaType }));
          setShown({ of: wanted, source, figure });
          setFailed(undefined);
          setProgress(undefined);
        },
        (failure: unknown) => {
          if (controller.signal.aborted || failure instanceof CancelledError) return;
          setFailed({ of: wanted, error: toWireError(failure) });
          setProgress(undefined);
        },
      );
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- equal recipes are equal pictures
  }, [session, wanted]);

  const source = shown?.source;
  useEffect(
    () => () => {
      if (source !== undefined) URL.revokeObjectURL(source);
    },
    [source],
  );
  const error = failed?.of === wanted ? failed.error : undefined;
  return { source, figure: shown?.figure, error, progress, loading: error === undefined && shown?.of !== wanted };
}
