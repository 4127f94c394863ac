import { SectionHeader } from '../components/SectionHeader.tsx';

/** All heads by their scores: two scores against each other, and one by itself. */
export function ScoresPanel() {
  return (
    <section className="hs-scores" aria-label="Scores of all heads">
      <SectionHeader title="Scores" />
    </section>
  );
}
