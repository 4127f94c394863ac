import { useApp } from './app-context.ts';
import { Button } from '../components/Button.tsx';
import { Message } from '../components/Message.tsx';

/** In place of everything, where the person has to decide before the host answers. */
export function ConnectionScreen({ status }: { readonly status: 'bad-token' | 'busy' | 'taken-over' }) {
  const { supervisor } = useApp();
  return (
    <main className="hs-centre" aria-label="Headscope">
      {status === 'bad-token' ? (
        <Message
          bad
          text="This page has no valid access token."
          hint="Open the address that the host printed when it was started. It ends in #token=…, and is new with every start."
        >
          <Button onClick={() => supervisor.retryNow()}>Try again</Button>
        </Message>
      ) : (
        <Message
          text={
            status === 'busy' ? 'Headscope is open in another window.' : 'Headscope was taken over by another window.'
          }
          hint="One window at a time works with the engine. What the other window shows stays there until it is used again."
        >
          <Button look="primary" onClick={() => supervisor.takeOver()}>
            Use it here
          </Button>
        </Message>
      )}
    </main>
  );
}
