import { useApp } from '../app/app-context.ts';
import { useAppState } from '../app/use-app-state.ts';
import { formatKeys } from '../commands/keys.ts';
import { Button } from '../components/Button.tsx';
import { whyNotGenerate } from './readiness.ts';

/** Generate, and while it does, Stop. */
export function GenerateButton({ describedBy }: { readonly describedBy?: string }) {
  const { session } = useApp();
  const isRunning = useAppState(({ generation }) => generation.job !== undefined);
  const reason = useAppState(whyNotGenerate);
  const isMac = useAppState(({ host }) => host.platform === 'darwin');

  if (isRunning) {
    return (
      <Button
        small
        onClick={() => session.cancelGeneration()}
        title="Stop generating and keep what came (Esc)"
        aria-label="Stop generating"
      >
        Stop
      </Button>
    );
  }
  return (
    <Button
      small
      disabled={reason !== undefined}
      aria-describedby={describedBy}
      onClick={() => void session.generate()}
      title={reason ?? `Go on from the prompt (${formatKeys('mod+shift+enter', isMac)})`}
    >
      Generate
    </Button>
  );
}
