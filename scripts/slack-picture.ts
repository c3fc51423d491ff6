import { z } from 'zod';
import type { Slack } from '../tests/support/slack/slack.ts';
import { escaped, shownFile } from './photograph.ts';

type Message = Awaited<ReturnType<Slack['thread']>>[number];

const words = z.object({ text: z.string() });
const task = z.looseObject({ title: z.string(), status: z.string() });
/** The blocks in a run's messages. */
const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('section'), text: words }),
  z.object({ type: z.literal('context'), elements: z.array(words) }),
  z.object({ type: z.literal('plan'), title: z.string(), tasks: z.array(task) }),
  z.object({
    type: z.literal('actions'),
    // A button has a text, and a menu a placeholder.
    elements: z.array(
      z.union([
        z.object({ type: z.literal('button'), text: words, style: z.string().optional() }),
        z.object({ type: z.literal('static_select'), placeholder: words }),
      ]),
    ),
  }),
]);

/** A thread in Slack, twice: during the work on the video, and at the end. */
export async function drawSlack(before: readonly Message[], after: readonly Message[], slack: Slack): Promise<string> {
  const column = async (messages: readonly Message[], moment: string) => {
    const drawn = await Promise.all(messages.map((message) => drawMessage(message, slack)));
    const [root = '', ...replies] = drawn;
    return `<section><h2>Thread <small># general</small><i>${moment}</i></h2>${root}
      <p class="replies">${replies.length} replies</p>${replies.join('')}</section>`;
  };
  return `<!doctype html><meta charset="utf-8"><style>${style}</style><main>
    ${await column(before, 'while the video is being made')}${await column(after, 'at the end')}</main>`;
}

async function drawMessage(message: Message, slack: Slack): Promise<string> {
  const files = await Promise.all((message.files ?? []).map((file) => drawFile(file, slack)));
  const blocks = (message.blocks ?? []).map((one) => drawBlock(block.parse(one)));
  // The message of a file has a text without blocks.
  const said = message.blocks?.length ? blocks.join('') : `<p>${markup(message.text ?? '')}</p>`;
  return `<article><b class="bot">V</b><div><p class="who"><b>VidGenie</b> <span>APP</span></p>${said}${files.join('')}</div></article>`;
}

async function drawFile(file: NonNullable<Message['files']>[number], slack: Slack): Promise<string> {
  const answer = await fetch(String(file.url_private), {
    headers: { authorization: `Bearer ${slack.settings.botToken}` },
  });
  const isFilm = file.name.endsWith('.mp4');
  const shown = await shownFile(await answer.bytes(), isFilm ? 'video/mp4' : 'image/png');
  return `<figure><small>${escaped(file.name)} ▾</small><img src="${shown}">${isFilm ? '<u>▶</u>' : ''}</figure>`;
}

const marks: Readonly<Record<string, string>> = { complete: '✓', in_progress: '◐', error: '✗', pending: '○' };

function drawBlock(one: z.infer<typeof block>): string {
  switch (one.type) {
    case 'section':
      return `<div class="section">${markup(one.text.text)}</div>`;
    case 'context':
      return `<p class="context">${one.elements.map(({ text }) => markup(text)).join(' ')}</p>`;
    case 'plan':
      return `<div class="plan"><b>${escaped(one.title)}</b>${one.tasks
        .map(({ title, status }) => `<p class="${status}"><i>${marks[status] ?? ''}</i>${escaped(title)}</p>`)
        .join('')}</div>`;
    case 'actions':
      return `<div class="row">${one.elements
        .map((one) =>
          one.type === 'button'
            ? `<button class="${one.style ?? ''}">${escaped(one.text.text)}</button>`
            : `<button>${escaped(one.placeholder.text)} ▾</button>`,
        )
        .join('')}</div>`;
  }
}

/** The part of Slack's markup that our messages use. They are already escaped. */
const markup = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      const inline = line.replace(/<@U\w+>/g, '<em>@Ada</em>').replace(/\*(.+?)\*/g, '<b>$1</b>');
      return inline.startsWith('>') ? `<blockquote>${inline.slice(1)}</blockquote>` : `<p>${inline}</p>`;
    })
    .join('');

const style = `
*{box-sizing:border-box;margin:0} body{background:#fff;color:#1d1c1d;font:15px/1.46 Lato,"Liberation Sans","DejaVu Sans",sans-serif}
main{display:grid;grid-template-columns:1fr 1fr} section{padding:0 18px 20px} section+section{border-left:1px solid #e3e3e3}
h2{font-size:16px;margin:0 -18px 14px;padding:13px 18px;border-bottom:1px solid #e3e3e3} h2 small{font-weight:400;color:#616061;font-size:13px;margin-left:4px}
h2 i{float:right;font-style:normal;font-weight:400;font-size:13px;color:#616061}
article{display:flex;gap:10px;margin-bottom:12px} article>div{flex:1;min-width:0}
.bot{flex:none;width:36px;height:36px;border-radius:8px;display:grid;place-items:center;background:linear-gradient(140deg,#7c5cff,#f59e0b);color:#fff;font-size:17px}
.who span{background:#e8e8e8;color:#616061;border-radius:3px;font-size:10px;font-weight:700;padding:1px 4px;vertical-align:1.5px}
em{font-style:normal;color:#1264a3;background:#1d9bd11a;border-radius:3px;padding:0 2px}
.section{margin:3px 0} blockquote{border-left:4px solid #ddd;padding-left:11px;color:#3a393a} .context{font-size:13px;color:#616061;margin:3px 0}
.context p,.plan p{display:block} .replies{color:#616061;font-size:13px;margin:4px 0 12px;border-bottom:1px solid #e8e8e8;padding-bottom:8px}
.plan{border:1px solid #ddd;border-radius:10px;padding:11px 14px;margin:5px 0} .plan p{margin-top:6px} .plan i{font-style:normal;display:inline-block;width:24px;color:#616061}
.plan .complete i{color:#007a5a} .plan .in_progress i{color:#1264a3}
.row{display:flex;gap:8px;margin-top:8px} button{font:inherit;font-weight:700;font-size:13px;background:#fff;border:1px solid #bbb;border-radius:8px;padding:4px 12px;color:#1d1c1d} .danger{color:#fff;background:#b5123f;border-color:#b5123f}
figure{position:relative;margin-top:4px} figure small{color:#616061;font-size:13px;display:block} img{width:360px;border-radius:8px;border:1px solid #e3e3e3;display:block}
figure u{position:absolute;left:157px;top:98px;width:46px;height:46px;border-radius:50%;background:#000a;color:#fff;display:grid;place-items:center;text-decoration:none;font-size:18px;padding-left:4px}
`;
