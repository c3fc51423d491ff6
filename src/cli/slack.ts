import { slackManifest } from '../bots/slack/manifest.ts';
import { text } from '../bots/terminal/person.ts';
import { exitStatus, OperatorError } from './exit.ts';
import { print } from './output.ts';

/**
 * `vidgenie slack manifest`: prints the manifest from which Slack makes the app. With an address, the app takes requests there;
 * without one, over Socket Mode.
 */
export async function printManifest(url: string | undefined): Promise<number> {
  if (url !== undefined && !isPublic(url)) throw new OperatorError(text.operator.badSlackUrl(url), exitStatus.misused);
  print(JSON.stringify(slackManifest(url ?? null), null, 2));
  return exitStatus.done;
}

const isPublic = (url: string): boolean => URL.canParse(url) && new URL(url).protocol === 'https:';
