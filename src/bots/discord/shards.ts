/**
 * The part of Discord's gateway that this process listens to: all of it, in as many connections as Discord recommends; its share
 * of the connections; or none of it, if interactions come over HTTP alone.
 */
export type Shards = 'auto' | 'none' | { ids: readonly number[]; count: number };

type Variables = {
  DISCORD_SHARDS: string;
  DISCORD_SHARD_COUNT?: number | undefined;
  DISCORD_PUBLIC_KEY?: string | undefined;
};

/** Reads `auto`, `none`, or a list such as `0,1` or `0-15`, which needs the total number of shards. */
export function readShards(read: Variables): { settings: Shards; problem: string | null } {
  const { DISCORD_SHARDS: shards, DISCORD_SHARD_COUNT: count, DISCORD_PUBLIC_KEY: publicKey } = read;
  const refuse = (problem: string) => ({ settings: 'auto', problem }) as const;
  if (shards === 'auto' || shards === 'none') {
    if (count !== undefined) return refuse(`DISCORD_SHARD_COUNT goes with a list, for example DISCORD_SHARDS=0,1`);
    if (shards === 'none' && publicKey === undefined) {
      return refuse('DISCORD_SHARDS=none needs DISCORD_PUBLIC_KEY: without the gateway interactions come over HTTP');
    }
    return { settings: shards, problem: null };
  }
  if (count === undefined) return refuse('DISCORD_SHARDS needs DISCORD_SHARD_COUNT, the number of all shards, as well');
  const ids = [...new Set(shards.split(',').flatMap(spelledOut))];
  const beyond = ids.find((id) => id >= count);
  if (beyond !== undefined) {
    return refuse(`DISCORD_SHARDS names shard ${beyond}, and of ${count} the last is ${count - 1}`);
  }
  return { settings: { ids, count }, problem: null };
}

function spelledOut(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
