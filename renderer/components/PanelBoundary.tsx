import { Component, type ReactNode } from 'react';
import { Button } from './Button.tsx';
import { Message } from './Message.tsx';

interface PanelBoundaryProps {
  /** `The map`; begins the sentence. */
  readonly what: string;
  readonly children: ReactNode;
}

interface PanelBoundaryState {
  readonly failure: string | undefined;
}

/** A bug in one panel stays in that panel: the others go on working, and it can be shown again. */
export class PanelBoundary extends Component<PanelBoundaryProps, PanelBoundaryState> {
  override state: PanelBoundaryState = { failure: undefined };

  static getDerivedStateFromError(error: unknown): PanelBoundaryState {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    return (
      <div className="hs-centre">
        <Message
          bad
          text={`${this.props.what} could not be drawn: ${failure}`}
          hint="This is a bug in Headscope. Please report it with the steps that led here."
        >
          <Button onClick={() => this.setState({ failure: undefined })}>Show it again</Button>
        </Message>
      </div>
    );
  }
}
