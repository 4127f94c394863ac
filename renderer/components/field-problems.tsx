import { createContext, useCallback, useContext, useEffect, useId, useMemo, useState, type ReactNode } from 'react';

interface FieldProblems {
  /** What is wrong with each field, by its id, in the order in which they went wrong. */
  readonly found: ReadonlyMap<string, string>;
  readonly report: (field: string, problem: string | undefined) => void;
}

const Context = createContext<FieldProblems>({ found: new Map(), report: () => undefined });

/** Knows which of the fields in it hold what cannot be taken, so that nothing is begun with what stood there before. */
export function FieldProblemsProvider({ children }: { readonly children: ReactNode }) {
  const [found, setFound] = useState<ReadonlyMap<string, string>>(new Map());
  const report = useCallback((field: string, problem: string | undefined) => {
    setFound((before) => {
      if (before.get(field) === problem) return before;
      const next = new Map(before);
      if (problem === undefined) next.delete(field);
      else next.set(field, problem);
      return next;
    });
  }, []);
  const value = useMemo(() => ({ found, report }), [found, report]);
  return <Context value={value}>{children}</Context>;
}

/** Of a field: says what is wrong with it as long as it is there; undefined where nothing is. */
export function useFieldProblem(problem: string | undefined): void {
  const { report } = useContext(Context);
  const field = useId();
  useEffect(() => {
    report(field, problem);
    return () => report(field, undefined);
  }, [report, field, problem]);
}

/** Of a button: what is wrong with the first field that holds something that cannot be taken. */
export function useFirstProblem(): string | undefined {
  const [first] = useContext(Context).found.values();
  return first;
}
