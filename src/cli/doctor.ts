import { styled } from '../bots/terminal/paint.ts';
import { text } from '../bots/terminal/person.ts';
import type { Config } from '../config.ts';
import { createLog } from '../log.ts';
import type { Program } from '../main.ts';
import { checkDatabase, checkHome, checkNode, type Finding } from './doctor/ground.ts';
import { checkWork } from './doctor/work.ts';
import { exitStatus } from './exit.ts';
import { explain, reasonOf } from './explain.ts';
import { configure, openingError } from './open.ts';
import { print, printJson, stdoutSurface } from './output.ts';

/** `vidgenie doctor`: looks at every part that is configured and changes nothing but what every start does too. */
export async function doctor({ isJson }: { isJson: boolean }): Promise<number> {
  const findings: Finding[] = [];
  const surface = stdoutSurface();
  const tell = (...found: readonly Finding[]) => {
    findings.push(...found);
    if (isJson) return;
    for (const { part, isFine, says } of found) {
      const mark = isFine ? styled(surface, 'green', '✓') : styled(surface, 'red', '✗');
      print(`${mark} ${text.operator.doctor.parts[part].padEnd(13)}  ${says}`);
    }
  };
  await examine(tell);
  const wrong = findings.filter(({ isFine }) => !isFine).length;
  const { fine, wrong: attention } = text.operator.doctor;
  if (isJson) printJson({ fine: wrong === 0, findings });
  else print('', wrong === 0 ? fine : attention(wrong));
  return wrong === 0 ? exitStatus.done : exitStatus.failed;
}

type Tell = (...found: readonly Finding[]) => void;

async function examine(tell: Tell): Promise<void> {
  tell(checkNode());
  let config: Config;
  try {
    config = configure();
  } catch (error) {
    tell({ part: 'configuration', isFine: false, says: explain(error, process.env).lines.join(' · ') });
    return;
  }
  tell(await checkHome(config.home));
  const database = await checkDatabase(config);
  tell(...database.findings);
  try {
    if (database.isReady) await withOpened(config, async (program) => tell(...(await checkWork(program))));
  } catch (error) {
    tell({ part: 'database', isFine: false, says: reasonOf(openingError(error, config)) });
  } finally {
    await database.close();
  }
}

async function withOpened(config: Config, work: (program: Program) => Promise<void>): Promise<void> {
  const { openProgram } = await import('../main.ts');
  const program = await openProgram(config, createLog('silent', false), { worker: false });
  try {
    await work(program);
  } finally {
    await program.stop();
  }
}
