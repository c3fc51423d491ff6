import { text } from '../../bots/terminal/person.ts';
import { connectRedis, type RedisAddress, redisSettings } from '../../pipeline/redis.ts';
import type { Finding } from './ground.ts';

const { doctor: words } = text.operator;

/** Whether a Redis keeps what it is given. Throws when it cannot be reached. */
export async function checkRedis(address: RedisAddress): Promise<Finding[]> {
  let last = new Error('no answer within 3 s');
  const client = await connectRedis(address, (error) => {
    last = error;
  });
  try {
    const settings = await Promise.race([redisSettings(client), after(3_000)]);
    if (!settings) throw last;
    const { server, evicts, persists } = settings;
    const says = [
      ...(evicts !== null && evicts !== 'noeviction' ? [words.redisEvicts(server, evicts)] : []),
      ...(persists === false ? [words.redisForgets(server)] : []),
    ];
    if (says.length === 0) return [{ part: 'redis', isFine: true, says: words.redisFine(server) }];
    return says.map((said) => ({ part: 'redis', isFine: false, says: said }));
  } finally {
    client.disconnect();
  }
}

const after = (ms: number) => new Promise<null>((resolve) => setTimeout(() => resolve(null), ms).unref());
