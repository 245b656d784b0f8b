// What every dispatcher promises, as tests: the one in this process and the one on Redis pass the same.
import assert from 'node:assert/strict';
import type { Dispatcher } from '../../src/platform/dispatcher.js';
import type { Logger } from '../../src/platform/logger.js';
import { createCapturedLogger } from './captured-log.js';
import { until } from './until.js';

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** A promise that a test opens when it wants the work of a handler to end. */
export function createGate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Declares the tests of the contract for dispatchers that `create` builds; each test stops its own. */
export function describeDispatcherContract(create: (log: Logger) => Dispatcher): void {
  const { log, lines } = createCapturedLogger();
  let dispatcher: Dispatcher;

  beforeEach(() => {
    lines.length = 0;
    dispatcher = create(log);
  });
  afterEach(() => dispatcher.stop());

  it('hands a woken id to the handler of its queue and to no other', async () => {
    const seen: string[] = [];
    dispatcher.handle('process-source', 1, async (id) => void seen.push(`source ${id}`));
    dispatcher.handle('forward', 1, async (id) => void seen.push(`forward ${id}`));
    await dispatcher.wake('forward', 'a');
    await until(() => seen.length === 1);
    assert.deepEqual(seen, ['forward a']);
  });

  it('keeps an id that is woken before its queue has a handler', async () => {
    const seen: string[] = [];
    await dispatcher.wake('forward', 'early');
    dispatcher.handle('forward', 1, async (id) => void seen.push(id));
    await until(() => seen.length === 1);
    assert.deepEqual(seen, ['early']);
  });

  it('makes one wake-up of many while an id waits', async () => {
    const gate = createGate();
    const seen: string[] = [];
    dispatcher.handle('forward', 1, async (id) => {
      seen.push(id);
      if (id === 'first') await gate.opened;
    });
    await dispatcher.wake('forward', 'first');
    await until(() => seen.length === 1);
    for (let time = 0; time < 5; time += 1) await dispatcher.wake('forward', 'waits');
    await dispatcher.wake('forward', 'last');
    gate.open();
    await until(() => seen.includes('last'));
    assert.deepEqual(seen, ['first', 'waits', 'last']);
  });

  it('runs an id once more that is woken while it is being worked on, and never twice at once', async () => {
    const gate = createGate();
    const seen: string[] = [];
    let atOnce = 0;
    let most = 0;
    dispatcher.handle('forward', 4, async (id) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      seen.push(id);
      await gate.opened;
      atOnce -= 1;
    });
    await dispatcher.wake('forward', 'same');
    await until(() => seen.length === 1);
    for (let time = 0; time < 3; time += 1) await dispatcher.wake('forward', 'same');
    gate.open();
    await until(() => seen.length === 2);
    await dispatcher.wake('forward', 'end');
    await until(() => seen.includes('end'));
    assert.deepEqual(seen, ['same', 'same', 'end']);
    assert.equal(most, 1);
  });

  it('works on as many ids at once as it was told, and not on more', async () => {
    const gate = createGate();
    const seen: string[] = [];
    let atOnce = 0;
    let most = 0;
    dispatcher.handle('forward', 3, async (id) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      seen.push(id);
      if (seen.length <= 3) await gate.opened;
      atOnce -= 1;
    });
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await dispatcher.wake('forward', id);
    await until(() => seen.length === 3);
    gate.open();
    await until(() => seen.length === 6);
    assert.equal(most, 3);
  });

  it('logs a handler that fails and goes on', async () => {
    const seen: string[] = [];
    dispatcher.handle('forward', 1, async (id) => {
      seen.push(id);
      if (id === 'bad') throw new Error('deliberate');
    });
    await dispatcher.wake('forward', 'bad');
    await dispatcher.wake('forward', 'good');
    await until(() => seen.includes('good'));
    const failures = lines.filter(({ msg }) => msg === 'A woken worker failed');
    assert.equal(failures.length, 1);
    assert.equal(failures[0]?.id, 'bad');
  });

  it('waits at its stop for the work under way and takes no more', async () => {
    const gate = createGate();
    const seen: string[] = [];
    let isDone = false;
    dispatcher.handle('forward', 1, async (id) => {
      seen.push(id);
      await gate.opened;
      isDone = true;
    });
    await dispatcher.wake('forward', 'under way');
    await until(() => seen.length === 1);
    const stopped = dispatcher.stop().then(() => isDone);
    await dispatcher.wake('forward', 'too late');
    gate.open();
    assert.equal(await stopped, true);
    assert.deepEqual(seen, ['under way']);
  });
}
