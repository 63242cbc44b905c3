import { ChatApi } from './api.js';
import { Conversation } from './conversation.js';
import { button, h, translator } from './dom.js';
import { Store } from './store.js';
import { View } from './view.js';

const STYLES = ['tokens.css', 'widget.css'];
const NEUTRAL_PAGE = 'https://www.bbc.co.uk/weather';

/**
 * `<coproduction-chat>`: the whole chat in one element.
 *
 * Attributes, all optional, read when the element is put on a page:
 * - `activity-code`: the activity's join code; `activity-title`: what the menu calls its chat
 * - `as-role`: service_user, carer, staff or lead
 * - `lang`: the language; otherwise the page's. What the person chooses in the menu comes before both.
 * - `exit-url`: where quick exit goes
 * - `server`: where the API is; otherwise where this script came from
 * - `full`: fill the window
 * - `launcher`: start as a button in the corner
 * - `theme`: `light` or `dark`; otherwise what the device says
 *
 * Slots: `title` (a heading), `support` (numbers to show when they cannot be fetched), and unnamed, shown until the chat is ready.
 * A page that is the chat's own may bring the style (in a declarative shadow root) and the words (a JSON script): each saves a fetch.
 * Colours and sizes: set the custom properties of tokens.css on the element.
 */
export class CoproductionChat extends HTMLElement {
  /** Stand-ins for the server and for storage, set before the element is put on a page. @type {import('./types.js').Client | undefined} */
  client;
  /** @type {Store | undefined} */
  store;
  /** @type {AbortController | undefined} */
  #life;
  /** @type {(() => void)[]} */
  #endings = [];
  /** The style that came with the page. @type {HTMLElement[]} */
  #brought = [];

  connectedCallback() {
    this.#life = new AbortController();
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    this.#open(root, this.#life.signal).catch(() => {}); // taken off the page before it was ready
  }

  disconnectedCallback() {
    this.#life?.abort();
    for (const end of this.#endings.splice(0)) end();
    this.shadowRoot?.replaceChildren();
    this.removeAttribute('ready');
  }

  /** @param {ShadowRoot} root @param {AbortSignal} signal @param {boolean} [again] In another language, from the menu. */
  async #open(root, signal, again) {
    const server = new URL(this.getAttribute('server') ?? '..', import.meta.url);
    const client = this.client ?? new ChatApi(server);
    const store = this.store ?? new Store();
    const wanted = store.settings.lang || this.lang || document.documentElement.lang.split('-')[0];
    this.#brought.push(...root.querySelectorAll('style'));
    const sheets = this.#brought.length ? [] : STYLES.map((name) => h('link', { rel: 'stylesheet', href: new URL(name, import.meta.url) }));
    const styled = sheets.map((sheet) => new Promise((done) => { sheet.onload = sheet.onerror = done; }));
    const meanwhile = h('div', {}, h('slot', { name: 'title' }), h('slot'), h('slot', { name: 'support' }));
    root.replaceChildren(...this.#brought, ...sheets, meanwhile);
    const words = this.#words(wanted) ?? persist(() => client.strings(wanted), signal);
    const [strings] = await Promise.all([words, ...styled]);
    if (signal.aborted) return;

    const t = translator(strings);
    const lang = t('language'); // the server may not have the one wanted
    const launcher = this.hasAttribute('launcher');
    const ownTheme = this.getAttribute('theme');
    const view = new View({
      t, lang, store, signal,
      applied: (settings) => {
        const theme = settings.theme === 'auto' ? ownTheme : settings.theme;
        if (theme) this.setAttribute('theme', theme);
        else this.removeAttribute('theme');
        if (settings.lang && settings.lang !== wanted) this.#again();
      },
      leave: () => {
        this.hidden = true;
        document.title = '';
        location.replace(this.getAttribute('exit-url') ?? NEUTRAL_PAGE);
      },
      close: launcher ? () => this.#toggle(false) : undefined,
      // Elsewhere, each page of a site says itself which activity it is for.
      visit: this.hasAttribute('full') ? (code) => location.replace(new URL(code ? `join/${encodeURIComponent(code)}` : '.', server)) : undefined,
    });
    const conversation = new Conversation({
      client, store, view,
      options: {
        activityCode: this.getAttribute('activity-code') ?? '', title: this.getAttribute('activity-title') ?? undefined,
        role: this.getAttribute('as-role') ?? undefined, lang, simple: store.settings.simple,
      },
    });
    view.conversation = conversation;
    this.#endings.push(() => conversation.close(), () => view.close());
    client.support(lang).then((support) => view.support(support), () => {}); // the slot's numbers stay
    meanwhile.replaceWith(view.node); // the style sheets stay where they are: moved, they would load again
    this.toggleAttribute('ready', true);
    if (!launcher || again) await conversation.open();
    if (again) view.openMenu('lang');
    if (!launcher) return;
    view.node.hidden = !again;
    view.node.addEventListener('keydown', ({ key, target }) => {
      if (key === 'Escape' && target instanceof Element && !target.closest('dialog, .scroll')) this.#toggle(false);
    });
    // Nothing is sent, and no conversation begins, until the person opens it.
    root.append(button(t('open_chat'), () => this.#toggle(true), { class: 'opener', hidden: again }));
    if (!again) root.querySelector('.opener')?.addEventListener('click', () => conversation.open(), { once: true });
  }

  /** The words that came with the page, if they are in the language wanted. @param {string} lang @returns {Record<string, string> | undefined} */
  #words(lang) {
    const words = JSON.parse(this.querySelector('script[type="application/json"]')?.textContent ?? '{}');
    return words.language === lang ? words : undefined;
  }

  /** Everything is made anew, as after a reload: what was said comes back from the server, what was not sent from the store. */
  #again() {
    this.disconnectedCallback();
    this.#life = new AbortController();
    void this.#open(/** @type {ShadowRoot} */ (this.shadowRoot), this.#life.signal, true);
  }

  /** @param {boolean} open */
  #toggle(open) {
    const chat = /** @type {HTMLElement} */ (this.shadowRoot?.querySelector('.chat'));
    const opener = /** @type {HTMLElement} */ (this.shadowRoot?.querySelector('.opener'));
    chat.hidden = !open;
    opener.hidden = open;
    if (open) /** @type {HTMLElement} */ (chat.querySelector('h2')).focus();
    else opener.focus();
  }
}

/**
 * Asks until there is an answer, waiting longer each time. Nothing can be said to the person meanwhile, in any language,
 * so the page's own words stay in sight.
 *
 * @template Answer
 * @param {() => Promise<Answer>} ask
 * @param {AbortSignal} signal
 * @param {number} [wait]
 * @returns {Promise<Answer>}
 */
async function persist(ask, signal, wait = 1000) {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted) throw error;
    await new Promise((done) => setTimeout(done, wait));
    return persist(ask, signal, Math.min(wait * 2, 30000));
  }
}
