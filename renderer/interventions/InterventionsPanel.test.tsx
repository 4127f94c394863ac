import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatInterventions } from '../../shared/model/intervention-text.ts';
import { INTERVENTION_KINDS } from '../../shared/model/intervention-kinds/index.ts';
import { AppContext } from '../app/app-context.ts';
import { selectHead, setInterventions } from '../state/edits.ts';
import { addInterventions } from '../state/intervention-edits.ts';
import { patch } from '../state/store.ts';
import { startSession } from '../testing/start-session.ts';
import { stubElementSize } from '../testing/stub-element-size.ts';
import { InterventionsPanel } from './InterventionsPanel.tsx';

const HEAD = { layer: 2, head: 6 };

// Finding things by their role takes long in a list of forms, on a busy machine longer than usual.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  Element.prototype.scrollIntoView = vi.fn();
  stubElementSize(400, 200);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open() {
  const services = startSession();
  await services.rest();
  selectHead(services.store, HEAD);
  render(
    <AppContext value={services}>
      <InterventionsPanel />
    </AppContext>,
  );
  const settle = () => act(async () => services.rest());
  await settle();
  return { ...services, settle, text: () => formatInterventions(services.store.getState().edit.interventions) };
}

const type = (name: RegExp, value: string) => {
  const field = screen.getByRole('textbox', { name });
  fireEvent.change(field, { target: { value } });
  return field;
};
const choose = (name: RegExp, value: string) =>
  fireEvent.change(screen.getByRole('combobox', { name }), { target: { value } });
const press = (name: RegExp | string) => fireEvent.click(screen.getByRole('button', { name }));

describe('the list', () => {
  it('explains itself while it is empty, with an example to click', async () => {
    const { settle, text } = await open();
    press(/^Example: set the output of L2H6/);
    await settle();
    expect(text()).toBe('L2H6=zero');
    expect(screen.getByRole('row', { name: /^KL.*last position/ }).textContent).toMatch(/nats\d\.\d{3}$/);
    expect(screen.getByRole('row', { name: /^Same likeliest next token/ }).textContent).toContain('%');
  });

  it('offers every kind under its part, and a form for its parameters', async () => {
    const { settle, text } = await open();
    press('Add L2H6');
    const kinds = within(screen.getByRole('combobox', { name: 'What is done to L2H6' })).getAllByRole('option');
    expect(kinds.map((option) => option.getAttribute('value')).sort()).toEqual(
      INTERVENTION_KINDS.map(({ id }) => id as string).sort(),
    );
    choose(/^What is done to L2H6/, 'scale');
    fireEvent.change(screen.getByRole('slider', { name: /^Factor of L2H6/ }), { target: { value: '-1' } });
    expect(text()).toBe('L2H6=scale:-1');
    type(/^Factor of L2H6/, '1.5');
    expect(text()).toBe('L2H6=scale:1.5');
    choose(/^What is done to L2H6/, 'streaming');
    type(/^Window of L2H6/, '16');
    expect(text()).toBe('L2H6=streaming:4:16');
    choose(/^What is done to L2H6/, 'residual');
    expect(text()).toBe('L2=residual');
    await settle();
  });

  it('takes a place that is typed, and refuses what is none, or none of the kind', async () => {
    const { store, settle, text } = await open();
    act(() =>
      addInterventions(store, [
        { what: 'zero', where: HEAD },
        { what: 'residual', where: { layer: 1 } },
      ]),
    );
    fireEvent.blur(type(/^Place of L2H6/, 'l1kv2'));
    expect(text()).toBe('L1KV2=zero\nL1=residual');
    const wrong = type(/^Place of L1KV2/, 'L9H0');
    expect([wrong.getAttribute('aria-invalid'), wrong.title]).toEqual(['true', expect.stringContaining('no L9H0')]);
    fireEvent.blur(wrong);
    const unfit = type(/^Place of L1$/, 'L1H0');
    expect(unfit.title).toContain('only to a layer');
    fireEvent.blur(unfit);
    expect(text()).toBe('L1KV2=zero\nL1=residual');
    await settle();
  });

  it('switches off and on, duplicates, moves by key and by hand, removes', async () => {
    const { store, settle, text } = await open();
    act(() =>
      setInterventions(
        store,
        [0, 1, 2].map((head) => ({ what: 'zero', where: { layer: 0, head } })),
      ),
    );
    fireEvent.click(screen.getByRole('checkbox', { name: /^L0H1/ }));
    expect(text()).toBe('L0H0=zero\noff L0H1=zero\nL0H2=zero');
    fireEvent.keyDown(screen.getByRole('button', { name: /^Move L0H0/ }), { key: 'ArrowDown', altKey: true });
    expect(text()).toBe('off L0H1=zero\nL0H0=zero\nL0H2=zero');
    expect(document.activeElement?.getAttribute('aria-label')).toMatch(/^Move L0H0/);
    const [first] = screen.getAllByRole('listitem');
    const data = { setData: vi.fn(), effectAllowed: '' };
    fireEvent.dragStart(screen.getByRole('button', { name: /^Move L0H2/ }), { dataTransfer: data });
    // The pointer is in its lower half: jsdom lays nothing out.
    fireEvent.dragOver(first!, { dataTransfer: data });
    fireEvent.drop(first!, { dataTransfer: data });
    expect(text()).toBe('off L0H1=zero\nL0H2=zero\nL0H0=zero');
    press(/^Duplicate the entry on L0H1/);
    press(/^Remove the intervention on L0H2/);
    expect(text()).toBe('off L0H1=zero\noff L0H1=zero\nL0H0=zero');
    await settle();
  });

  it('goes out and in as text, by the clipboard and in a field of its own', async () => {
    const { store, settle, text } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: HEAD }]));
    const list = screen.getByRole('list', { name: /^Interventions/ });
    const setData = vi.fn();
    fireEvent.copy(list, { clipboardData: { setData } });
    expect(setData).toHaveBeenCalledWith('text/plain', 'L2H6=zero');
    fireEvent.paste(list, { clipboardData: { getData: () => 'L0H1=uniform, L1KV0=drop-keys#0:4' } });
    expect(text()).toBe('L2H6=zero\nL0H1=uniform\nL1KV0=drop-keys#0:4');
    fireEvent.paste(list, { clipboardData: { getData: () => 'what is this' } });
    expect(screen.getByRole('alert').textContent).toContain('is not an intervention');

    press('As text');
    const area = screen.getByRole<HTMLTextAreaElement>('textbox', { name: /^One entry a line/ });
    expect(area.value).toBe(text());
    fireEvent.change(area, { target: { value: 'L0H1=scale:x' } });
    expect(screen.getByRole('alert').textContent).toContain('cannot be “x”');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Replace the list' }).disabled).toBe(true);
    fireEvent.change(area, { target: { value: 'L0H1=scale:0.5@1:3' } });
    press('Replace the list');
    expect(text()).toBe('L0H1=scale:0.5@1:3');
    await settle();
  });

  it('takes entries that are typed, and says what is wrong with them', async () => {
    const { settle, text } = await open();
    type(/^New entry/, 'L9H9');
    press('Add');
    expect(screen.getByRole('alert').textContent).toContain('no L9H9');
    type(/^New entry/, 'L1=temperature:2');
    press('Add');
    expect(text()).toBe('L1=temperature:2');
    await settle();
  });

  it('limits an entry to positions that are typed or marked on screen', async () => {
    const { store, settle, text } = await open();
    act(() => addInterventions(store, [{ what: 'drop-keys', where: HEAD }]));
    act(() => patch(store, 'ui', { tokenRange: { start: 4, end: 7 } }));
    press(/^More about L2H6/);
    choose(/^Query positions, taken from/, '0');
    expect(text()).toBe('L2H6=drop-keys@4:7');
    fireEvent.blur(type(/^Key positions, positions/, '0:2+5'));
    expect(text()).toBe('L2H6=drop-keys@4:7#0:2+5');
    const wrong = type(/^Query positions, positions/, '7:3');
    expect(wrong.getAttribute('aria-invalid')).toBe('true');
    fireEvent.blur(wrong);
    choose(/^Query positions, taken from/, '-1');
    expect(text()).toBe('L2H6=drop-keys#0:2+5');
    await settle();
  });

  it('asks for the other prompt of a patch, takes its text as ids and shows how both are aligned', async () => {
    const { store, host, session, settle } = await open();
    // Typed arrays of jsdom are of another kind than those that come through the transport.
    const token = (id: number) => ({ id, display: `#${id}`, text: '', start: -1, end: -1, special: false });
    vi.spyOn(session, 'tokensOf').mockImplementation((ids) => Promise.resolve(Array.from(ids, token)));
    act(() => addInterventions(store, [{ what: 'patch', where: HEAD }]));
    await settle();
    const starts = () => host.engine.calls.filter(({ method }) => method === 'run.start').length;
    const before = starts();
    expect(screen.getByRole('alert').textContent).toContain('give one');
    press(/^More about L2H6/);
    const area = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Text of the other prompt' });
    expect(area.value).toBe(store.getState().prompt.text);
    fireEvent.change(area, { target: { value: area.value.replace('ferry', 'wagon') } });
    press('Take this prompt');
    await settle();
    // What was taken is shown by its ids.
    await settle();
    const { source } = store.getState().edit.interventions[0]!;
    expect(source && 'prompts' in source && source.prompts[0]!.length).toBe(store.getState().run.clean?.tokens);
    expect(document.querySelector('.hs-align figcaption')?.textContent).toContain('1 with another token; 0 only here');
    expect(starts()).toBe(before + 1);
  });
});

describe('results', () => {
  it('show what the engine said of an entry in its row, and a way to try again', async () => {
    const { store, settle } = await open();
    const off = { what: 'zero', where: { layer: 0, head: 0 }, off: true } as const;
    act(() => addInterventions(store, [off, { what: 'zero', where: HEAD }]));
    await settle();
    const failure = {
      code: 'bad-request',
      message: 'That cannot be.',
      hint: 'Do another.',
      details: { entry: 0 },
    } as const;
    act(() => patch(store, 'run', { changedError: failure }));
    const [, row] = screen.getAllByRole('listitem');
    expect(within(row!).getByRole('alert').textContent).toBe('That cannot be. Do another.');
    expect(screen.getByRole('button', { name: 'Run it' })).toBeDefined();
    // What the list did before stays in sight.
    expect(screen.getByRole('row', { name: /^KL.*last position/ })).toBeDefined();
  });

  it('say so where everything is off, whatever was there before', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: HEAD }]));
    await settle();
    expect(screen.getByRole('row', { name: /^KL.*last position/ })).toBeDefined();
    fireEvent.click(screen.getByRole('checkbox', { name: /^L2H6 Zero/ }));
    await settle();
    expect(screen.getByText(/^Nothing is in effect/)).toBeDefined();
    expect(screen.queryByRole('row', { name: /^KL.*last position/ })).toBeNull();
  });

  it('measure the logits of two chosen tokens on both runs', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: { layer: 0, head: 0 } }]));
    await settle();
    const { askedLogits } = store.getState().ui;
    expect([askedLogits?.token, askedLogits?.against]).toEqual([100, 101]);
    const row = () => screen.getByRole('combobox', { name: 'Token whose logit is read' }).closest('tr')!.textContent;
    // ln(0.94) - ln(0.018), and as the stand-in changes them.
    expect(row()).toContain('clean +3.96');
    choose(/^Token whose logit is subtracted/, '102');
    await settle();
    expect(store.getState().ui.askedLogits?.against).toBe(102);
    expect(row()).toContain(`clean +${Math.log(0.94 / 0.012).toFixed(2)}`);
  });

  it('draw the change of likelihood or the divergence along the prompt', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: HEAD }]));
    await settle();
    expect(screen.getByRole('application', { name: /^Change of −log p per token/ })).toBeDefined();
    fireEvent.click(screen.getByRole('radio', { name: 'KL' }));
    expect(screen.getByRole('application', { name: /^KL\(clean ‖ ablated\) after each token, up to/ })).toBeDefined();
  });

  it('warn beside the numbers of an experiment', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'sigmoid', where: HEAD }]));
    await settle();
    expect(screen.getByText('The model was not trained with it: an experiment.')).toBeDefined();
  });

  it('freeze the final norm', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: HEAD }]));
    await settle();
    fireEvent.click(screen.getByRole('radio', { name: 'frozen' }));
    await settle();
    expect(store.getState().run.changed?.finalNorm).toBe('frozen');
  });
});

describe('scenarios', () => {
  it('are compared in numbers and along the prompt, and trade places', async () => {
    const { store, settle } = await open();
    act(() => addInterventions(store, [{ what: 'zero', where: HEAD }]));
    press('Duplicate');
    type(/^New entry/, 'L0H1');
    press('Add');
    choose(/^Scenario that it is compared with/, 's1');
    await settle();
    const heads = screen.getAllByRole('columnheader').map(({ textContent }) => textContent);
    expect(heads).toEqual(['number', 'A', 'B', 'A → B']);
    expect(screen.getAllByRole('application', { name: /^Change of −log p per token, [AB]/ })).toHaveLength(2);
    const cells = within(screen.getByRole('row', { name: /^KL.*last position/ })).getAllByRole('cell');
    expect(cells.map(({ textContent }) => textContent).every((text) => /^(0|\d\.\d{3})$/.test(text))).toBe(true);
    press('Swap A and B');
    await settle();
    expect(store.getState().edit.scenarioId).toBe('s1');
    expect(store.getState().run.other?.interventions).toBe('L2H6=zero,L0H1=zero');
  });

  it('are renamed in place and removed', async () => {
    const { store } = await open();
    press('New');
    press('Rename');
    type(/^Name of the scenario/, 'Without sinks');
    expect(store.getState().edit.scenarios.map(({ name }) => name)).toEqual(['Scenario 1', 'Without sinks']);
    fireEvent.blur(screen.getByRole('textbox', { name: 'Name of the scenario' }));
    press('Remove');
    expect(store.getState().edit.scenarios.map(({ name }) => name)).toEqual(['Scenario 1']);
  });
});
