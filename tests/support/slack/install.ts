import { z } from 'zod';
import type { InSlack } from './installed.ts';
import { oauth } from './slack.ts';

/**
 * The answer of an installation. The emulator knows one team only, so the others, and their members, get their names on the way
 * back.
 */
export type Installed = { status: number; page: string; token: string | null };

type Where = { team: string; enterprise?: string };

/** Goes through the install page as a browser does: button, consent, and back with the code and the state. */
export async function install(
  { slack, port }: Pick<InSlack, 'slack' | 'port'>,
  { team, enterprise }: Where,
  tamper: (back: URL, cookie: string) => { back: URL; cookie: string } = (back, cookie) => ({ back, cookie }),
): Promise<Installed> {
  const bot = `http://127.0.0.1:${port}`;
  const page = await fetch(`${bot}/slack/install`);
  const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
  const link = /href="(http[^"]+)"/.exec(await page.text())?.[1]?.replaceAll('&amp;', '&') ?? '';
  const asked = new URL(link);
  const consent = await fetch(`${slack.url}/oauth/v2/authorize/callback`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      user_id: slack.people.ada,
      redirect_uri: `${bot}/slack/oauth_redirect`,
      client_id: oauth.clientId,
      scope: asked.searchParams.get('scope') ?? '',
      state: asked.searchParams.get('state') ?? '',
      user_scope: '',
    }),
  });
  const retouch = slack.retouch.answer;
  let token: string | null = null;
  slack.retouch.answer = (call) => {
    if (call.method === 'oauth.v2.access' && call.answer.ok) {
      token = z.string().parse(call.answer.access_token);
      const conversation = enterprise
        ? { team: null, enterprise: { id: enterprise, name: 'Org' }, is_enterprise_install: true }
        : { team: { id: team, name: `Team ${team}` }, enterprise: null, is_enterprise_install: false };
      return { ...call.answer, ...conversation };
    }
    return retouch(call);
  };
  const sent = tamper(new URL(consent.headers.get('location') ?? ''), cookie);
  const back = await fetch(sent.back, { headers: { cookie: sent.cookie } });
  slack.retouch.answer = (call) => {
    const answer = retouch(call);
    if (call.method !== 'users.info' || token === null || call.token !== token || !answer.ok) return answer;
    const home = enterprise ? { enterprise_user: { enterprise_id: enterprise } } : { team_id: team };
    return { ...answer, user: { ...z.record(z.string(), z.unknown()).parse(answer.user), ...home } };
  };
  return { status: back.status, page: await back.text(), token };
}
