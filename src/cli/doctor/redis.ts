import { text } from '../../bots/terminal/person.ts';
import { connectRedis, type RedisAddress, redisSettings } from '../../pipeline/redis.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** Above this share of its memory, a Redis soon takes no jobs. */
const nearlyFull = 0.9;

/** The client retries by itself. After this many failures we conclude that nobody answers. */
const maxFailures = 3;

/** Checks that a Redis keeps its data. Throws if it cannot be reached. */
export async function checkRedis(address: RedisAddress): Promise<Finding[]> {
  const gone = Promise.withResolvers<never>();
  let failures = 0;
  const client = await connectRedis(address, (error) => {
    failures += 1;
    if (failures === maxFailures) gone.reject(error);
  });
  try {
    const settings = await Promise.race([redisSettings(client), gone.promise]);
    const { server, evicts, persists, usedBytes, maxBytes } = settings;
    const isFull = usedBytes !== null && maxBytes !== null && usedBytes > maxBytes * nearlyFull;
    const says = [
      ...(evicts !== null && evicts !== 'noeviction' ? [words.redisEvicts(server, evicts)] : []),
      ...(persists === false ? [words.redisForgets(server)] : []),
      ...(isFull ? [words.redisFull(server, text.measures.bytes(usedBytes), text.measures.bytes(maxBytes))] : []),
    ];
    return says.length === 0 ? [fine('redis', words.redisFine(server))] : says.map((said) => wrong('redis', said));
  } finally {
    client.disconnect();
  }
}
