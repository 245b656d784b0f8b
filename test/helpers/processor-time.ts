// How long this process computed: a bound of what is computed holds on a busy machine too.

/** Starts a watch; it gives the processor milliseconds of this process since then. */
export function startProcessorWatch(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}
