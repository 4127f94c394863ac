import { execFileSync } from 'node:child_process';

/** Whether there is Python with numpy, as the people have it who use scripts and numbers. */
export const hasPython = (() => {
  try {
    execFileSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
