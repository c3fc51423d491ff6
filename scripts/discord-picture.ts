import type { Component, Message } from '../tests/support/discord/world.ts';
import { escaped, shownFile } from './photograph.ts';

type Told = { root: Message; progress: Message; result: Message | null };

/** A channel and its thread, twice: during the work on the video, and at the end. */
export async function drawDiscord(thread: string, before: Told, after: Told): Promise<string> {
  const column = async ({ root, progress, result }: Told, moment: string) => `<section>
    <h2><i>#</i>art <small>${moment}</small></h2>
    <div class="used"><b class="face">A</b> <b>Ada</b> used <em>/vidgenie complete</em></div>${message(await drawMessage(root))}
    <h2 class="inner"><i>↳</i>${escaped(thread)}</h2>
    ${message(await drawMessage(progress))}${result ? message(await drawMessage(result)) : ''}</section>`;
  return `<!doctype html><meta charset="utf-8"><style>${style}</style><main>
    ${await column(before, 'while the video is being made')}${await column(after, 'at the end')}</main>`;
}

const message = (body: string) =>
  `<article><b class="bot">V</b><div><p class="who"><b>VidGenie</b> <span>APP</span></p>${body}</div></article>`;

async function drawMessage({ components, attachments }: Message): Promise<string> {
  const files = new Map<string, { contentType: string; shown: string }>(
    await Promise.all(
      attachments.map(
        async ({ filename, bytes, contentType }) =>
          [`attachment://${filename}`, { contentType, shown: await shownFile(bytes, contentType) }] as const,
      ),
    ),
  );
  const draw = (one: Component): string => {
    const inner = (one.components ?? []).map(draw).join('');
    switch (one.type) {
      case 17:
        return `<div class="card" style="border-color:#${colourOf(one).toString(16).padStart(6, '0')}">${inner}</div>`;
      case 10:
        return `<div class="text">${markdown(one.content ?? '')}</div>`;
      case 12:
        return `<div class="gallery">${(one.items ?? [])
          .map(({ media }) => {
            const file = files.get(media.url);
            if (!file) throw new Error(`no file ${media.url}`);
            const play = file.contentType.startsWith('video/') ? '<u>▶</u>' : '';
            return `<figure><img src="${file.shown}">${play}</figure>`;
          })
          .join('')}</div>`;
      case 1:
        return `<div class="row">${inner}</div>`;
      case 2:
        return `<button class="${'style' in one && one.style === 4 ? 'danger' : ''}">${escaped(one.label ?? '')}</button>`;
      default:
        throw new Error(`no way to draw a component of the type ${one.type}`);
    }
  };
  return components.map(draw).join('');
}

const colourOf = (one: Component): number =>
  'accent_color' in one && typeof one.accent_color === 'number' ? one.accent_color : 0;

/** The part of Discord's markup that our messages use. */
function markdown(content: string): string {
  const lines = escaped(content).split('\n');
  const inline = (line: string) =>
    line
      .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
      .replace(/&lt;#\d+&gt;/g, '<em>↳ a fox in the snow</em>')
      .replace(/\\([^\w\s])/g, '$1');
  return lines
    .map((line) => {
      if (line.startsWith('### ')) return `<h3>${inline(line.slice(4))}</h3>`;
      if (line.startsWith('&gt; ')) return `<blockquote>${inline(line.slice(5))}</blockquote>`;
      return `<p>${inline(line)}</p>`;
    })
    .join('');
}

const style = `
*{box-sizing:border-box;margin:0} body{background:#1a1a1e;color:#dbdee1;font:15px/1.4 "gg sans","Liberation Sans","DejaVu Sans",sans-serif}
main{display:grid;grid-template-columns:1fr 1fr} section{padding:0 18px 20px} section+section{border-left:1px solid #2b2b30}
h2{font-size:15px;color:#f2f3f5;margin:0 -18px 14px;padding:13px 18px;border-bottom:1px solid #2b2b30} h2 i{color:#80848e;font-style:normal;margin-right:7px}
h2 small{font-weight:400;color:#949ba4;margin-left:8px;font-size:13px} h2.inner{border-top:1px solid #2b2b30;margin-top:18px}
.used{font-size:13px;color:#949ba4;margin:0 0 4px 52px} .used b{color:#e0e1e5} .face{display:inline-grid;place-items:center;width:17px;height:17px;border-radius:50%;background:#3ba55c;font-size:10px}
em{font-style:normal;color:#c9cdfb;background:#5865f238;border-radius:3px;padding:0 3px}
article{display:flex;gap:12px;margin-bottom:14px} article>div{flex:1;min-width:0}
.bot{flex:none;width:40px;height:40px;border-radius:50%;display:grid;place-items:center;background:linear-gradient(140deg,#7c5cff,#f59e0b);color:#fff;font-size:19px}
.who b{color:#f2f3f5} .who span{background:#5865f2;color:#fff;border-radius:4px;font-size:10.5px;font-weight:600;padding:1.5px 5px;vertical-align:1.5px}
.card{background:#242429;border:1px solid #2f2f35;border-left:4px solid;border-radius:8px;padding:13px 15px;margin-top:4px;display:grid;gap:9px}
.card{border-top-color:#2f2f35!important;border-right-color:#2f2f35!important;border-bottom-color:#2f2f35!important}
h3{font-size:17px;color:#f2f3f5} blockquote{border-left:4px solid #4e5058;padding-left:10px;margin:3px 0;border-radius:2px}
.gallery{display:flex;gap:6px} figure{position:relative;flex:1;display:flex} img{width:100%;border-radius:7px}
figure u{position:absolute;inset:0;margin:auto;width:46px;height:46px;border-radius:50%;background:#000a;color:#fff;display:grid;place-items:center;text-decoration:none;font-size:18px;padding-left:4px}
.row{display:flex;gap:8px} button{font:inherit;font-size:14px;color:#fff;background:#3b3b42;border:0;border-radius:8px;padding:6px 14px} .danger{background:#c93a40}
`;
