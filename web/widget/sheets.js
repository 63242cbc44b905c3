import { canListen } from './composer.js';
import { CONTENT, button, h, link } from './dom.js';
/** @import { Chat, Settings, Support, SupportLine, Translate } from './types.js' */

/**
 * A modal sheet. The browser keeps focus inside, closes it on Escape, and gives focus back to what opened it.
 *
 * @param {Translate} t
 * @param {string} name
 * @param {string} title
 * @param {...Node} content
 */
function sheet(t, name, title, ...content) {
  const heading = h('h2', { id: `${name}-title` }, title);
  const close = () => dialog.close();
  const dialog = h('dialog', {
    class: 'sheet', 'aria-labelledby': heading.id, onclick: (/** @type {Event} */ { target }) => target === dialog && close(),
  }, h('div', { class: 'sheet-body' }, h('div', { class: 'sheet-top' }, heading, button(t('close'), close, { class: 'quiet' })), ...content));
  return { dialog };
}

/** @param {SupportLine[]} lines */
export const supportList = (lines) => h('ul', { class: 'lines', lang: CONTENT }, ...lines.map(({ name, contact, href, when }) =>
  h('li', {}, h('strong', {}, name), link(contact, href), when && h('span', {}, when))));

/**
 * The numbers to call. Until they are fetched, and if they cannot be, what the page put in the `support` slot is shown.
 *
 * @param {Translate} t
 */
export function helpSheet(t) {
  /** @type {HTMLElement} */
  let lines = h('slot', { name: 'support' }, h('p', {}, t('help_loading_failed')));
  const { dialog } = sheet(t, 'help', t('help_title'), h('p', {}, t('help_intro')), lines);
  return {
    dialog,
    /** @param {Support} support */
    fill(support) {
      const list = supportList(support.lines);
      lines.replaceWith(list);
      lines = list;
    },
  };
}

/**
 * @param {Translate} t
 * @param {Settings} settings
 * @param {{ say: (text: string) => void, set: (change: Partial<Settings>) => void, erase: () => void, forget: () => void,
 *   download: (what: string) => Promise<string | void>, print: () => Promise<string | void>, resume: (code: string) => Promise<string | void>,
 *   visit?: (chat: Chat) => void }} on `download`, `print` and `resume` give back what went wrong, in words.
 */
export function menuSheet(t, settings, on) {
  /** @param {() => void} action */
  const after = (action) => () => {
    dialog.close(); // first, so that what follows can be read out
    action();
  };
  /** What is sent is what the assistant understands; the label is in the person's language. @param {string} key */
  const asks = (key) => button(t(`menu_${key}`), after(() => on.say(t(`say_${key}`))), { class: 'item' });

  const problem = h('p', { class: 'error', role: 'alert' });
  /** Something that may fail: the menu stays open until it has worked. @param {string} label @param {() => Promise<string | void>} action */
  const tries = (label, action) => button(label, async () => {
    problem.textContent = '';
    problem.textContent = (await action()) ?? '';
    if (!problem.textContent) dialog.close();
  }, { class: 'item' });

  /** @param {string} label @param {...Node} content */
  const opens = (label, ...content) => h('details', { class: 'item' }, h('summary', {}, label), h('div', {}, ...content));

  /** @param {'lang' | 'size' | 'theme'} key @param {string} label @param {[string | number, string][]} options */
  const radios = (key, label, options) => h('fieldset', {}, h('legend', {}, label), ...options.map(([value, title]) =>
    h('label', { class: 'option', lang: key === 'lang' && value }, h('input', {
      type: 'radio', name: key, value, checked: settings[key] === value, onchange: () => on.set({ [key]: value }),
    }), title)));

  /** @param {'roomy' | 'calm' | 'simple' | 'read' | 'dictate'} key @param {string} label @param {string} [hint] */
  const tick = (key, label, hint) => h('label', { class: 'option' }, h('input', {
    type: 'checkbox', name: key, checked: settings[key], onchange: (/** @type {any} */ { target }) => on.set({ [key]: target.checked }),
  }), h('span', {}, h('span', {}, label), hint && h('small', {}, hint)));

  const error = h('p', { class: 'error', id: 'code-error', role: 'alert' });
  const field = h('input', { id: 'code', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', 'aria-describedby': 'code-hint code-error' });
  const codeForm = h('form', {
    novalidate: true,
    onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      const code = field.value.trim();
      const wrong = code ? await on.resume(code) : t('code_empty');
      error.textContent = wrong ?? '';
      field.setAttribute('aria-invalid', String(Boolean(wrong)));
      if (wrong) return field.focus();
      field.value = '';
      dialog.close();
    },
  }, h('label', { for: 'code' }, t('code_label')), h('p', { id: 'code-hint', class: 'hint' }, t('code_hint')), error, field,
    h('button', { type: 'submit', class: 'main' }, t('code_go')));

  const code = h('p', { class: 'code' });
  const forget = opens(t('forget'), h('p', {}, t('forget_warning')), button(t('forget_yes'), after(on.forget)));
  const erase = opens(t('delete'), h('p', {}, t('delete_warning')), button(t('delete_yes'), after(on.erase), { class: 'danger' }),
    button(t('delete_no'), () => dialog.close()));

  const kept = h('div', {}, tries(t('summary_word'), () => on.download('summary?as=docx')), tries(t('summary_text'), () => on.download('summary?as=txt')),
    tries(t('summary_print'), on.print));
  const others = h('div', {}, h('p', { class: 'hint' }, t('other_chats')));

  /** @param {string} label @param {...(Node | false)} content */
  const part = (label, ...content) => h('section', {}, h('h3', {}, label), ...content);

  const { dialog } = sheet(t, 'menu', t('menu'),
    part(t('menu_chat'), asks('summary'), asks('pause'), asks('change'), asks('person'), others),
    part(t('menu_answers'), asks('who_sees'), problem, kept, tries(t('download'), () => on.download('export')), erase,
      opens(t('have_code'), codeForm), code, forget),
    part(t('menu_look'),
      radios('lang', t('set_lang'), [['en', t('lang_en')], ['cy', t('lang_cy')]]),
      h('p', { class: 'hint' }, t('set_lang_hint')),
      radios('size', t('set_size'), [[1, t('size_1')], [2, t('size_2')], [3, t('size_3')]]),
      radios('theme', t('set_theme'), [['auto', t('theme_auto')], ['light', t('theme_light')], ['dark', t('theme_dark')]]),
      tick('roomy', t('set_roomy')),
      tick('calm', t('set_calm'), t('set_calm_hint'))),
    part(t('menu_sound'),
      tick('simple', t('set_simple'), t('set_simple_hint')),
      'speechSynthesis' in globalThis && tick('read', t('set_read'), t('set_read_hint')),
      canListen() && tick('dictate', t('set_dictate'), t('set_dictate_hint'))),
    h('p', { class: 'hint' }, t('exit_hint')),
    // only where the organisation has named one
    h('div', { class: 'hint' }, ...[['privacy_page', 'privacy_url'], ['accessibility_page', 'accessibility_url'], ['complaints_page', 'complaints_url']].map(([title, url]) =>
      /^https?:/.test(t(url)) && h('p', {}, h('a', { href: t(url), target: '_blank', rel: 'noopener noreferrer' }, `${t(title)} (${t('new_tab')})`)))));

  return {
    dialog,
    /** @param {Chat | null} chat @param {Chat[]} all Every chat kept on this device. */
    open(chat, all) {
      const { visit } = on;
      const rest = visit ? all.filter(({ id }) => id !== chat?.id) : [];
      others.hidden = !rest.length;
      others.replaceChildren(...[...others.children].slice(0, 1),
        ...rest.map((each) => button(each.title || each.code || t('no_activity'), () => visit?.(each), { class: 'item' })));
      problem.textContent = '';
      forget.hidden = kept.hidden = !chat?.kept;
      code.textContent = chat?.kept && chat.resume ? t('your_code', { code: chat.resume }) : '';
      for (const each of dialog.querySelectorAll('details')) each.open = false;
      dialog.showModal();
    },
    /** @param {'read'} key */
    untick(key) {
      const input = dialog.querySelector(`[name=${key}]`);
      if (input instanceof HTMLInputElement) input.checked = false;
    },
  };
}
