// Keeps the memory of a long run at that of a short one. Left alone, V8 lets garbage grow to as much as four times
// of what is alive, and to more the longer it runs. Set once, before anything is loaded that fills the heap.
import { setFlagsFromString } from 'node:v8';

/** As much as is alive may come on top of it before the collector looks at all of it: read anew at each collection. */
const GROWING_PERCENT = 100;

/** Bounds the room that garbage takes, in proportion to what is alive; how much may be alive stays as it is. */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
}
