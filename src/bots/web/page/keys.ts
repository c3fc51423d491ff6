import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { key, keyChanged } from '../contract/keys.ts';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { Dialog } from './dialog.ts';
import { usePage } from './page.ts';
import { Said, type Saying } from './said.ts';
import { lateWords } from './words.ts';

type Key = z.infer<typeof key>;
type Changed = z.infer<typeof keyChanged>;

/** The workspace's own keys: their source and their last four characters. */
export function Keys(): VNode {
  const { body, isAway, change } = useAnswer<{ keys: readonly Key[] }>('/api/keys');
  return html`<section class="panel keys" aria-labelledby="keys">
    <h2 id="keys">${lateWords().keys.title}</h2>
    <p class="quiet">${lateWords().keys.intro}</p>
    ${isAway && html`<${Away} />`}
    ${body?.keys.map((one) => html`<${KeyForm} key=${one.provider} stored=${one} onChanged=${(keys: readonly Key[]) => change({ keys })} />`)}
  </section>`;
}

function KeyForm({
  stored: { provider, name, stored },
  onChanged,
}: {
  stored: Key;
  onChanged: (keys: readonly Key[]) => void;
}): VNode {
  const { api } = usePage();
  const [isBusy, setIsBusy] = useState(false);
  const [isRemoving, setIsRemoving] = useState(false);
  const [said, setSaid] = useState<Saying | null>(null);
  // The key is read when the form is sent, and stored nowhere else.
  const field = useRef<HTMLInputElement>(null);
  const id = useId();

  const change = async (method: 'PUT' | 'DELETE', apiKey?: string) => {
    if (isBusy) return;
    setIsBusy(true);
    setSaid(null);
    const answer = await api.send<Changed>(
      method,
      `/api/keys/${provider}`,
      apiKey === undefined ? {} : { body: { apiKey } },
    );
    setIsBusy(false);
    setIsRemoving(false);
    if (!answer.ok) {
      setSaid({ tone: 'bad', text: answer.refusal.detail });
      return;
    }
    if (field.current) field.current.value = '';
    setSaid({ tone: 'good', text: answer.body.detail });
    onChanged(answer.body.keys);
  };
  const save = (event: Event) => {
    event.preventDefault();
    const typed = field.current?.value.trim() ?? '';
    if (typed === '') field.current?.focus();
    else change('PUT', typed);
  };
  const checked = stored?.checkedAt;
  return html`<form class="key" onSubmit=${save}>
    <div class="key-head">
      <h3>${name}</h3>
      ${
        stored
          ? html`<p class="key-state ${stored.status === 'valid' ? 'good' : 'bad'}"><code>…${stored.lastFour}</code> ${stored.statusWords}${checked && html`<span class="quiet"> · ${lateWords().keys.checked(checked)}</span>`}</p>`
          : html`<p class="key-state quiet">${lateWords().keys.none}</p>`
      }
    </div>
    <div class="key-line">
      <label class="hidden" for=${id}>${lateWords().keys.field(name)}</label>
      <input ref=${field} id=${id} type="password" name="key" placeholder=${stored ? lateWords().keys.replaceHint : lateWords().keys.addHint} autocomplete="off" autocapitalize="off" spellcheck=${false} />
      <button class="button primary" disabled=${isBusy}>${isBusy ? lateWords().keys.trying : stored ? lateWords().keys.replace : lateWords().keys.add}</button>
      ${stored && html`<button type="button" class="button" disabled=${isBusy} onClick=${() => setIsRemoving(true)}>${lateWords().keys.remove}</button>`}
    </div>
    <${Said} said=${said} />
    ${
      isRemoving &&
      html`<${Dialog} title=${lateWords().keys.removeTitle(name)} confirm=${lateWords().keys.remove} tone="danger" isBusy=${isBusy} onConfirm=${() => change('DELETE')} onClose=${() => setIsRemoving(false)}>
        <p>${lateWords().keys.removeText}</p>
      </${Dialog}>`
    }
  </form>`;
}
