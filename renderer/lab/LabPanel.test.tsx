import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppContext } from '../app/app-context.ts';
import { selectHead, undo } from '../state/edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { LabPanel } from './LabPanel.tsx';

beforeEach(() => {
  stubElementSize(640, 500);
  // Frames are cloned by Node, whose arrays are not those of the simulated page.
  vi.stubGlobal('Int32Array', structuredClone(new Int32Array(0)).constructor);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

type Services = ReturnType<typeof startSession>;

async function open(): Promise<Services> {
  const services = startSession({ layers: 2, heads: 4, kvHeads: 2, findsRuns: true });
  await services.rest();
  selectHead(services.store, { layer: 0, head: 0 });
  services.session.lab.set({
    entries: ['dense', 'sink-window', 'quest'].map((method) => ({ method, parameters: {}, budgets: null })),
    budgets: [{ share: 0.25 }, { share: 0.5 }],
  });
  render(
    <AppContext value={services}>
      <LabPanel />
    </AppContext>,
  );
  await act(async () => services.rest());
  return services;
}

/** By its text alone; a tab may be called the same. */
function button(name: string): HTMLElement {
  const all = [...document.querySelectorAll<HTMLElement>('button')];
  const found = all.filter(({ textContent }) => textContent.replace('•', '') === name);
  const best = found.find((one) => one.classList.contains('hs-button')) ?? found[0];
  if (!best) throw new Error(`There is no button ${name}.`);
  return best;
}

async function ask(services: Services, name: string): Promise<void> {
  fireEvent.click(button(name));
  // Calls of the lab are counted as activity by the client.
  for (let step = 0; step < 4; step++) await act(async () => services.rest());
}

const table = () => document.querySelector<HTMLElement>('[aria-label="Methods by budgets"]')!;
const methodsInOrder = () =>
  [...table().querySelectorAll('tbody tr')].map((row) => row.querySelector('th')!.textContent.trim());

/** Of a column; asking for roles goes through every cell. */
const head = (name: string) => [...table().querySelectorAll('thead th')].find((th) => th.textContent.startsWith(name));

it('goes from tab to tab by key', async () => {
  const { store } = await open();
  const tab = (name: RegExp) => screen.getByRole('tab', { name });
  fireEvent.keyDown(tab(/^Compare/), { key: 'ArrowRight' });
  expect(tab(/^Maps/).getAttribute('aria-selected')).toBe('true');
  fireEvent.keyDown(tab(/^Maps/), { key: 'ArrowLeft' });
  expect(store.getState().lab.shown).toBe('compare');
});

it('compares, sorts by a column, switches columns and says why a cell is empty', async () => {
  const services = await open();
  await ask(services, 'Compare');
  expect(methodsInOrder()).toEqual([
    'Dense',
    'StreamingLLM (sink + window)',
    'StreamingLLM (sink + window)',
    'Quest',
    'Quest',
  ]);
  fireEvent.click(head('lost mass')!.querySelector('button')!);
  expect(methodsInOrder()[4]).toBe('Dense');
  expect(head('lost mass')!.getAttribute('aria-sort')).toBe('descending');
  expect(table().querySelectorAll('td[title="Not told at F2."]').length).toBeGreaterThan(0);
  expect(head('blocks')).toBeUndefined();
  fireEvent.click(screen.getByLabelText('Densities'));
  expect(head('blocks')).toBeDefined();
});

it('chooses a row for the other views, and the worst head for the atlas', async () => {
  const services = await open();
  await ask(services, 'Compare');
  const rows = table().querySelectorAll('tbody tr');
  fireEvent.click(rows[3]!);
  expect(services.store.getState().lab.row).toBe(3);
  fireEvent.click(within(rows[1] as HTMLElement).getByTitle(/^Select L/));
  const { edit, lab } = services.store.getState();
  expect(lab.row).toBe(3);
  expect(`L${edit.head!.layer}H${edit.head!.head}`).toBe(/L\dH\d/.exec(rows[1]!.textContent)![0]);
});

it('reads the plot by key, a point chooses its row', async () => {
  const services = await open();
  await ask(services, 'Compare');
  const plot = screen.getByRole('img', { name: /^Methods: relative error/ });
  fireEvent.keyDown(plot, { key: 'ArrowRight' });
  expect(screen.getByText(/^StreamingLLM \(sink \+ window\), 25%: 0\.\d+ at \d+\.\d$/)).toBeDefined();
  fireEvent.keyDown(plot, { key: 'ArrowRight' });
  fireEvent.keyDown(plot, { key: 'Enter' });
  expect(services.store.getState().lab.row).toBe(2);
  expect(screen.getByText('Pareto front')).toBeDefined();
});

it('moves the cut by key and by click, and guesses it again', async () => {
  const { store } = await open();
  const cut = screen.getByRole('slider', { name: 'First token of the question' });
  const guessed = Number(cut.getAttribute('aria-valuenow'));
  fireEvent.keyDown(cut, { key: 'ArrowLeft' });
  expect(store.getState().lab.settings.questionStart).toBe(guessed - 1);
  fireEvent.pointerDown(cut.querySelector('[data-cut="12"]')!);
  fireEvent.pointerUp(cut);
  expect(screen.getByRole('textbox', { name: 'question from token' })).toHaveProperty('value', '12');
  fireEvent.click(button('Guess'));
  expect(store.getState().lab.settings.questionStart).toBeNull();
});

it('wants an answer where methods see the question', async () => {
  const services = await open();
  fireEvent.click(screen.getByRole('switch', { name: 'selector sees the question' }));
  expect(button('Compare')).toHaveProperty('disabled', true);
  expect(screen.getByText(/the row that predicts the first token of the answer is dense/)).toBeDefined();
  await ask(services, 'Dense answer');
  expect(screen.getByText('generated')).toBeDefined();
  expect(button('Compare')).toHaveProperty('disabled', false);
});

it('changes the list of methods and their parameters', async () => {
  const { store, session } = await open();
  const entries = () => store.getState().lab.settings.entries;
  fireEvent.click(screen.getByRole('button', { name: 'Once more: Quest' }));
  const field = screen.getByRole('textbox', { name: 'Page' });
  expect(field.getAttribute('placeholder')).toBe('4');
  expect(screen.getByText(/Published 16, here 4\. Source: quest\/utils\/controller\.py\./)).toBeDefined();
  fireEvent.change(field, { target: { value: '8' } });
  fireEvent.blur(field);
  expect(entries()[3]).toEqual({ method: 'quest', parameters: { page: 8 }, budgets: null });
  expect(button('Quest, page 8')).toBeDefined();
  fireEvent.click(screen.getByRole('switch', { name: 'budgets of its own' }));
  expect(entries()[3]!.budgets).toEqual([{ share: 0.25 }, { share: 0.5 }]);
  fireEvent.click(screen.getByRole('button', { name: 'Take off the list: Dense' }));
  fireEvent.change(screen.getByRole('combobox', { name: 'add' }), { target: { value: 'kivi' } });
  expect(entries().map(({ method }) => method)).toEqual(['sink-window', 'quest', 'quest', 'kivi']);
  act(() => session.lab.set({ entries: [] }));
  expect(button('Compare')).toHaveProperty('disabled', true);
});

it('adds nothing that is there already, and computes nothing twice', async () => {
  const { store, session } = await open();
  const entries = () => store.getState().lab.settings.entries.map(({ method }) => method);
  fireEvent.change(screen.getByRole('combobox', { name: 'add' }), { target: { value: 'quest' } });
  expect(entries()).toEqual(['dense', 'sink-window', 'quest']);
  expect(screen.getByRole('status').textContent).toContain('Quest is on the list already');
  expect(document.activeElement).toBe(button('Quest'));
  expect(screen.getByRole('button', { name: 'Once more: Dense' })).toHaveProperty('disabled', true);

  // One that is to be changed is there, but counts only then.
  fireEvent.click(screen.getByRole('button', { name: 'Once more: Quest' }));
  expect(screen.queryByRole('status')).toBeNull();
  expect(screen.getByRole('note').textContent).toContain('The same as above');
  expect(screen.getByText('4 methods, 5 rows')).toBeDefined();
  act(() => session.lab.set({ budgets: [{ share: 0.5 }, { share: 0.5 }] }));
  expect(screen.getByText('4 methods, 3 rows')).toBeDefined();
  const field = screen.getByRole('textbox', { name: 'Page' });
  fireEvent.change(field, { target: { value: '8' } });
  fireEvent.blur(field);
  expect(screen.queryByRole('note')).toBeNull();
  expect(screen.getByText('4 methods, 4 rows')).toBeDefined();
  fireEvent.change(screen.getByRole('combobox', { name: 'add' }), { target: { value: 'kivi' } });
  expect(entries()).toEqual(['dense', 'sink-window', 'quest', 'quest', 'kivi']);
});

it('keeps a parameter that is typed as it is by default, and says so in the name', async () => {
  const { store } = await open();
  const parameters = () => store.getState().lab.settings.entries[2]!.parameters;
  fireEvent.click(button('Quest'));
  const field = screen.getByRole('textbox', { name: 'Page' });
  fireEvent.change(field, { target: { value: '4' } });
  fireEvent.blur(field);
  expect(parameters()).toEqual({ page: 4 });
  expect(button('Quest, page 4')).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Default of Page: 4' }));
  expect(parameters()).toEqual({});
});

it('shows what the budgets make of parameters on this prompt, as the engine resolves it', async () => {
  const { store, session, rest } = await open();
  act(() => session.lab.set({ questionStart: 40 }));
  fireEvent.click(button('StreamingLLM (sink + window)'));
  await act(async () => rest());
  const field = screen.getByRole('textbox', { name: 'Last' });
  // In the stand-in, one key less than the budget: of 25% and 50% of 40.
  expect(field).toHaveProperty('placeholder', '9–19');
  expect(screen.getByText('Budgets here: 10, 20 keys.')).toBeDefined();
  expect(screen.getByText(/Published 2,000, here 9, 19, set by the budget\./)).toBeDefined();
  const n = store.getState().run.clean!.tokens;
  act(() => session.lab.set({ question: 'seen', budgets: [{ share: 0.5 }] }));
  await act(async () => rest());
  expect(field).toHaveProperty('placeholder', String(Math.floor(n / 2) - 1));
  fireEvent.change(field, { target: { value: '7' } });
  fireEvent.blur(field);
  await act(async () => rest());
  expect(screen.getByRole('button', { name: 'Default of Last: by budget' })).toBeDefined();
});

it('brings back what was taken off the list or typed, by undo', async () => {
  const { store } = await open();
  const settings = () => store.getState().lab.settings;
  fireEvent.click(screen.getByRole('button', { name: 'Take off the list: Quest' }));
  const field = screen.getByRole('textbox', { name: 'budgets of all' });
  for (const value of ['1', '12', '12%']) fireEvent.change(field, { target: { value } });
  fireEvent.blur(field);
  expect(settings().budgets).toEqual([{ share: 0.12 }]);
  act(() => undo(store));
  expect(field).toHaveProperty('value', '25%, 50%');
  expect(settings().entries).toHaveLength(2);
  act(() => undo(store));
  expect(button('Quest')).toBeDefined();
  // What is undone takes no form of another method along.
  fireEvent.click(screen.getByRole('button', { name: 'Once more: Quest' }));
  expect(document.querySelectorAll('.hs-lab__form')).toHaveLength(1);
  act(() => undo(store));
  expect(document.querySelectorAll('.hs-lab__form')).toHaveLength(0);
});

it('says that a budget which cannot be read is not taken', async () => {
  const { store } = await open();
  const field = screen.getByRole('textbox', { name: 'budgets of all' });
  fireEvent.change(field, { target: { value: '200%' } });
  fireEvent.blur(field);
  expect(field).toHaveProperty('value', '200%');
  expect(screen.getByRole('alert').textContent).toContain('It is still 25%, 50%.');
  fireEvent.change(field, { target: { value: '12.5%, 64' } });
  expect(screen.queryByRole('alert')).toBeNull();
  expect(store.getState().lab.settings.budgets).toEqual([{ share: 0.125 }, { keys: 64 }]);
});

it('begins nothing while a field holds what is not taken, and keeps it to be put right', async () => {
  const { store, session } = await open();
  const compare = () => button('Compare') as HTMLButtonElement;
  const write = (name: string, value: string) => {
    const field = screen.getByRole('textbox', { name });
    fireEvent.change(field, { target: { value } });
    fireEvent.blur(field);
    return field;
  };
  for (const budgets of ['0', '1000 %', 'abc']) {
    write('budgets of all', budgets);
    expect([compare().disabled, compare().title.split(':')[0]]).toEqual([
      true,
      `budgets of all cannot be “${budgets}”`,
    ]);
  }
  write('budgets of all', '50%');
  expect(compare().disabled).toBe(false);

  const cut = write('question from token', '9999');
  expect(cut).toHaveProperty('value', '9999');
  expect(screen.getByRole('alert').textContent).toMatch(/^It takes whole numbers from 1 to \d+\. It is still \d+\.$/);
  expect(compare().title).toMatch(/^question from token cannot be “9999”/);
  write('question from token', '0');
  expect(compare().disabled).toBe(true);
  // From elsewhere, such as undo.
  act(() => session.lab.set({ questionStart: 12 }));
  expect([cut, compare().disabled]).toEqual([cut, false]);
  expect(cut).toHaveProperty('value', '12');

  fireEvent.click(button('Quest'));
  write('Page', '-3');
  expect(compare().title).toMatch(/^Page cannot be “-3”: whole numbers from 1 to 4,096\.$/);
  fireEvent.click(button('Quest'));
  expect(compare().disabled).toBe(false);
  expect(store.getState().lab.settings.entries[2]!.parameters).toEqual({});
});

it('says of which prompt results are that are not of the one on screen', async () => {
  const services = await open();
  await ask(services, 'Compare');
  expect(screen.queryByRole('note')).toBeNull();
  act(() => patch(services.store, 'prompt', { text: 'red kite blue drum red kite blue drum' }));
  await act(async () => services.session.runPrompt());
  await act(async () => services.rest());
  for (const name of ['Compare', 'Maps', 'Kept keys']) {
    fireEvent.click(screen.getByRole('tab', { name: new RegExp(`^${name}`) }));
    expect(screen.getByRole('note').textContent).toMatch(/^Not of the prompt on screen, but of \d+ tokens: “/);
  }
});

it('says of other budgets than those that are set, which Tasks share', async () => {
  const services = await open();
  await ask(services, 'Compare');
  expect(screen.queryByRole('note')).toBeNull();
  fireEvent.click(button('Tasks'));
  await act(async () => services.rest());
  const field = screen.getByRole('textbox', { name: 'budgets of all (also of Compare)' });
  fireEvent.change(field, { target: { value: '25%, 75%' } });
  fireEvent.click(button('Compare'));
  expect(screen.getByRole('note').textContent).toBe('Of other budgets than are set now; “Compare” runs those.');
  await ask(services, 'Compare');
  expect(screen.queryByRole('note')).toBeNull();
});

it('shows how far methods read the same keys', async () => {
  const services = await open();
  // In the stand-in, as many keys are the same keys.
  const [dense, window] = services.store.getState().lab.settings.entries;
  act(() => {
    services.session.lab.set({ entries: [dense!, window!, { method: 'h2o', parameters: {}, budgets: [{ keys: 9 }] }] });
  });
  await ask(services, 'Compare');
  const overlap = screen.getByRole('table', { name: 'Overlap, share of keys' });
  expect(within(overlap).getByText('0.25')).toBeDefined();
});

it('runs a preset on a needle prompt', async () => {
  const services = await open();
  await ask(services, 'SnapKV, H2O and StreamingLLM on a needle');
  expect(services.store.getState().prompt.text).toContain('They call Maren copper lantern.');
  expect(methodsInOrder()[1]).toBe('SnapKV');
  expect(screen.getAllByText('copper lantern', { normalizer: (text) => text.trim() }).length).toBeGreaterThan(0);
});

it('measures a task under both views of the question', async () => {
  const services = await open();
  fireEvent.click(button('Tasks'));
  await act(async () => services.rest());
  for (const [name, bad, good] of [
    ['depths', '0.5, 2', '0.5'],
    ['lengths', '0', ''],
    ['samples', '0', '5'],
  ] as const) {
    const field = screen.getByRole('textbox', { name });
    fireEvent.change(field, { target: { value: bad } });
    fireEvent.blur(field);
    expect(field).toHaveProperty('value', bad);
    expect(button('Measure').title).toContain(`${name} cannot be “${bad}”`);
    expect(button('Measure')).toHaveProperty('disabled', true);
    fireEvent.change(field, { target: { value: good } });
    expect(button('Measure')).toHaveProperty('disabled', false);
  }
  fireEvent.click(screen.getByRole('radio', { name: 'both' }));
  await ask(services, 'Measure');
  const rows = screen.getByRole('region', { name: 'Methods by budgets on the task' });
  expect(rows.querySelectorAll('tbody tr')).toHaveLength(10);
  const plot = screen.getByRole('img', { name: /^needle: right answers, share against/ });
  fireEvent.keyDown(plot, { key: 'ArrowRight' });
  expect(screen.getByText(/question unseen, 25%: .+ \(.+ to .+\) at/)).toBeDefined();
});
