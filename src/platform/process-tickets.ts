// A folder in which processes of one machine show one another that they are there, one file each, named after
// the process. Nobody ever takes over a file of another: what a dead process left is ignored and removed.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { identify, isAlive } from './process-identity.js';

const WAIT_MS = { least: 30, spread: 90 };

/** Shows that this process is in `folder`; until `leaveTicket`. */
export function placeTicket(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(ownTicket(folder), '');
}

/** Takes back what `placeTicket` showed. */
export function leaveTicket(folder: string): void {
  rmSync(ownTicket(folder), { force: true });
}

/** Tells whether another living process has a ticket in `folder`, and removes those of dead ones. */
export function hasOtherTickets(folder: string): boolean {
  const own = path.basename(ownTicket(folder));
  const others = readdirSync(folder).filter((name) => name !== own);
  const living = others.filter((name) => isAlive(name));
  for (const dead of others.filter((name) => !living.includes(name))) {
    rmSync(path.join(folder, dead), { force: true });
  }
  return living.length > 0;
}

/**
 * Runs `work` while no other process is in `folder`. Everybody shows the own ticket first and looks then: of two
 * who come at once at least one sees the other and steps back for a random while, so at most one goes in.
 */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    placeTicket(folder);
    if (!hasOtherTickets(folder)) break;
    leaveTicket(folder);
    await wait(WAIT_MS.least + Math.random() * WAIT_MS.spread);
  }
  try {
    return await work();
  } finally {
    leaveTicket(folder);
  }
}

function ownTicket(folder: string): string {
  return path.join(folder, identify(process.pid) ?? `${process.pid}-unknown`);
}
