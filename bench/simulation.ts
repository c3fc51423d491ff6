/** Milliseconds of processor time. */
export type Costs = { worker: number; database: number; redis: number };

export type Load = {
  pollsPerSecond: number;
  /** Of one poll. */
  costs: Costs;
  /** `workers` are processes; each uses one core at most. */
  machine: { cores: number; workers: number };
};

export type Told = {
  lateMs: { p50: number; p95: number };
  /** The share of the cores that is used, from 0 to 1. */
  used: number;
  /** False if more polls fall due than are carried. Their lateness then grows for as long as that lasts. */
  isCarried: boolean;
};

/** In milliseconds. Polls fall due together: see `pollAfter` in `src/db/turns.ts`. */
const togetherMs = 250;
const sliceMs = 5;
const simulatedMs = 60_000;
/** In milliseconds. The relay, the queue and the line to the database take that long even if nothing else happens. */
const pathMs = 30;

/**
 * Waiting videos, simulated in slices of 5 ms. Polls fall due at random moments and are dispatched together, four times a second. Each
 * needs processor time of a worker, then of the servers. All share the cores of the machine evenly.
 */
export function simulate({ pollsPerSecond, costs, machine }: Load): Told {
  const random = seeded(1);
  const gap = () => (-Math.log(1 - random()) / pollsPerSecond) * 1_000;
  /** The moments at which polls were wanted, in order. */
  const wanted: number[] = [];
  const lateMs: number[] = [];
  const workers = stage(costs.worker);
  const servers = stage(costs.database + costs.redis);
  const [ofWorkers, all] = [machine.workers * sliceMs, machine.cores * sliceMs];
  let [next, used] = [gap(), 0];
  for (let at = 0; at < simulatedMs; at += sliceMs) {
    if (at % togetherMs === 0) {
      for (; next < at; next += gap()) {
        wanted.push(next);
        workers.add(1);
      }
    }
    const asked = [Math.min(ofWorkers, workers.work()), Math.min(all, servers.work())] as const;
    const share = Math.min(1, all / Math.max(sliceMs / 1_000, asked[0] + asked[1]));
    used += (asked[0] + asked[1]) * share;
    const done = servers.spend(asked[1] * share);
    servers.add(workers.spend(asked[0] * share));
    for (let one = 0; one < done; one += 1) lateMs.push(at + sliceMs + pathMs - (wanted[lateMs.length] ?? at));
  }
  // The first quarter, in which queues fill, does not count.
  const counted = lateMs.slice(Math.floor(lateMs.length / 4)).sort((a, b) => a - b);
  const quantile = (part: number) => counted[Math.floor(counted.length * part)] ?? Number.NaN;
  return {
    lateMs: { p50: quantile(0.5), p95: quantile(0.95) },
    used: used / (machine.cores * simulatedMs),
    isCarried: wanted.length - lateMs.length < pollsPerSecond,
  };
}

/** A queue of polls, each of which needs `costMs` of processor time. */
function stage(costMs: number) {
  let [waiting, spent] = [0, 0];
  return {
    add: (count: number) => {
      waiting += count;
    },
    /** The processor time that is left to spend. */
    work: () => waiting * costMs - spent,
    /** Returns how many polls are over. */
    spend: (ms: number): number => {
      spent += ms;
      const over = Math.min(waiting, Math.floor(spent / costMs + 1e-9));
      waiting -= over;
      spent = Math.max(0, spent - over * costMs);
      return over;
    },
  };
}

/** Gives the same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
