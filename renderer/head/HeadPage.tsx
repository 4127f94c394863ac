import { formatHead } from '../../shared/model/head-id.ts';
import { useAppState } from '../app/use-app-state.ts';
import { SectionHeader } from '../components/SectionHeader.tsx';

/** Everything about the selected head. */
export function HeadPage() {
  const head = useAppState(({ edit }) => edit.head);
  return (
    <section aria-label="Head page">
      <SectionHeader title={head ? formatHead(head) : 'No head'} />
    </section>
  );
}
