import type { TaskInfo } from '../../shared/model/task.ts';

interface TaskSelectProps {
  readonly tasks: readonly TaskInfo[];
  readonly value: string;
  readonly onChange: (task: string) => void;
}

/** A task of the open model; none of those that need a file. */
export function TaskSelect({ tasks, value, onChange }: TaskSelectProps) {
  return (
    <label className="hs-effects__field" title={tasks.find(({ id }) => id === value)?.definition}>
      <span>task</span>
      <select className="hs-select hs-effects__select" value={value} onChange={({ target }) => onChange(target.value)}>
        {tasks.length === 0 && <option value={value}>{value}</option>}
        {tasks
          .filter(({ id }) => id !== 'file')
          .map(({ id, name, unavailable }) => (
            <option key={id} value={id} disabled={unavailable !== null} title={unavailable ?? undefined}>
              {name}
            </option>
          ))}
      </select>
    </label>
  );
}
