/**
 * Shows one example of examples.json, named by `?state=`, in a real chat whose server is played by this page.
 *
 * @typedef {import('../types.js').Reply} Reply
 * @typedef {{ status: number, type?: string, detail?: string, support?: import('../types.js').SupportLine[] }} Problem
 * @typedef {object} Example
 * @property {string} id
 * @property {string} title
 * @property {string} [lang]
 * @property {'rtl'} [direction] As if the interface were in a language that is written from right to left.
 * @property {{ title: string }[]} [others] Other chats kept on this device.
 * @property {string} [code] The join code of the page.
 * @property {Reply} [start]
 * @property {Problem} [noStart] The chat cannot begin.
 * @property {Reply} [history] The page was reloaded: this was said before.
 * @property {boolean} [gone] The page was reloaded, and the server no longer knows the chat.
 * @property {Partial<import('../types.js').Settings>} [settings]
 * @property {{ text?: string, press?: string, reply?: Reply, problem?: Problem, never?: boolean }} [say]
 * @property {{ sheet?: 'menu' | 'help', details?: string, arrive?: Reply, item?: string, offline?: boolean }} [then]
 */
import { ApiError } from '../api.js';
import { CoproductionChat } from '../element.js';
import { Store, memory } from '../store.js';

customElements.define('coproduction-chat', CoproductionChat);
const wanted = new URL(location.href).searchParams.get('state');
/** @type {Example[]} */
const examples = await (await fetch(new URL('examples.json', import.meta.url))).json();
const example = examples.find(({ id }) => id === wanted);
if (example) show(example);

/** @param {Example} example */
function show(example) {
  const { start = {}, say, then } = example;
  const store = new Store(memory(), memory());
  store.settings = { ...store.settings, ...example.settings };
  if (example.history || example.gone) {
    const code = example.code ?? '';
    store.save({ id: 'c', token: 't', code, kept: true, outbox: [] });
  }
  const chat = new CoproductionChat();
  chat.setAttribute('full', '');
  if (example.code) chat.setAttribute('activity-code', example.code);
  if (example.lang) chat.setAttribute('lang', example.lang);
  const { lang = 'en', direction } = example;
  const strings = fetch(`/chat/strings?lang=${lang}`).then(async (response) => ({ ...await response.json(), ...(direction && { direction }) }));
  example.others?.forEach(({ title }, number) => store.save({ id: title, token: 't', code: `C${number}`, title, kept: true, outbox: [] }));
  chat.store = store;
  chat.client = {
    strings: () => strings,
    support: async () => (await fetch('/chat/support?lang=en')).json(),
    start: async () => {
      if (example.noStart) throw problem(example.noStart);
      return { conversation_id: 'c', token: 't', kept: false, ...start };
    },
    send: async () => {
      if (say?.never) return new Promise(() => {});
      if (say?.problem) throw problem(say.problem);
      return say?.reply ?? {};
    },
    messages: async (_, after) => {
      if (!after && example.gone) throw problem({ status: 404 });
      if (!after) return example.history ?? start;
      return then?.arrive ?? { ...start, messages: [] };
    },
    change: async () => null,
    download: async () => { throw problem({ status: 503, detail: 'We cannot make that just now. Please try again in a minute.' }); },
    erase: async () => null,
  };
  chat.append(Object.assign(document.createElement('h1'), { slot: 'title', textContent: 'Co-production facilitator' }));
  document.querySelector('main')?.replaceChildren(chat);
  document.querySelector('main')?.classList.remove('page');
  void strings.then(({ getting_ready: preparing }) => play(chat, example, preparing));
}

/** @param {HTMLElement} chat @param {Example} example @param {string} preparing What is shown until the chat has begun. */
async function play(chat, { start, history, noStart, say, then }, preparing) {
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (chat.shadowRoot?.querySelector(selector) ?? null);
  const all = (/** @type {string} */ selector) => [...(chat.shadowRoot?.querySelectorAll(selector) ?? [])].map((each) => /** @type {HTMLElement} */ (each));
  const named = (/** @type {string} */ label) => all('button, summary').find((each) => each.textContent === label);
  const count = ((history ?? start)?.messages ?? []).length;
  await until(() => chat.hasAttribute('ready') && (noStart ? find('.small') : all('article').length >= Math.min(count, 1) && !find('article .words')?.textContent?.includes(preparing)));
  if (say?.press) named(say.press)?.click();
  if (say?.text) {
    const field = /** @type {HTMLTextAreaElement} */ (find('textarea'));
    field.value = say.text;
    find('.foot [type=submit]')?.click();
  }
  await new Promise((done) => setTimeout(done, say?.never ? 700 : 50));
  if (then?.offline) dispatchEvent(new Event('offline'));
  if (then?.arrive) {
    /** @type {HTMLElement} */ (find('.scroll')).scrollTop = 0;
    await new Promise((done) => setTimeout(done, 200));
    document.dispatchEvent(new Event('visibilitychange'));
    await until(() => !find('.new')?.hidden);
  }
  if (then?.sheet) find(then.sheet === 'menu' ? '.tools button:nth-of-type(2)' : '.tools .help')?.click();
  if (then?.details) named(then.details)?.click();
  if (then?.item) named(then.item)?.click();
  document.documentElement.dataset.shown = 'yes'; // for tests: everything has happened
}

/** @param {() => unknown} ready */
async function until(ready) {
  while (!ready()) await new Promise((done) => setTimeout(done, 20));
}

/** @param {Problem} problem */
const problem = (problem) => new ApiError(problem.status, problem);
