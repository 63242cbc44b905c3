import { button, h } from './dom.js';
/** @import { Translate } from './types.js' */

/** Two presses of Send this close together are one press by a hand that shakes. */
const ONE_PRESS = 1000;

export const canListen = () => 'SpeechRecognition' in globalThis || 'webkitSpeechRecognition' in globalThis;

/** Where the person writes. The label is always in sight; what went wrong is said beside the field. */
export class Composer {
  #t;
  #on;
  #lang;
  #field;
  #error = h('p', { class: 'error', id: 'error', hidden: true });
  #status = h('p', { class: 'status', hidden: true });
  #microphone;
  #sentAt = -Infinity;
  /** @type {(() => void) | undefined} */
  #stop;

  /**
   * @param {Translate} t
   * @param {string} lang
   * @param {{ send: (text: string) => boolean, draft: (text: string) => void, say: (text: string) => void }} on
   *   `send` says whether the words were taken.
   */
  constructor(t, lang, on) {
    this.#t = t;
    this.#on = on;
    this.#lang = lang;
    this.#field = h('textarea', {
      id: 'message', rows: '1', dir: 'auto', autocomplete: 'off', enterkeyhint: 'send', 'aria-describedby': 'enter-hint error',
      oninput: this.#typed, onkeydown: this.#keys,
    });
    this.#microphone = button(t('dictate'), this.#dictate, { class: 'quiet', hidden: true });
    this.node = h('form', { class: 'foot', novalidate: true, onsubmit: this.#submit },
      this.#status,
      h('label', { for: 'message' }, t('your_message')),
      this.#error,
      h('div', { class: 'write' }, this.#field, this.#microphone, h('button', { type: 'submit', class: 'main' }, t('send'))),
      h('p', { class: 'hint', id: 'enter-hint' }, t('enter_hint')));
  }

  focus() {
    this.#field.focus();
  }

  get text() {
    return this.#field.value;
  }

  set text(text) {
    this.#field.value = text;
    this.#grow();
    this.#on.draft(text);
  }

  /** @param {string} [words] Nothing takes the error away. */
  error(words) {
    this.#error.hidden = !words;
    this.#error.textContent = words ?? '';
    this.#field.setAttribute('aria-invalid', String(Boolean(words)));
    if (words) this.#on.say(words);
  }

  /** @param {string} [words] */
  status(words) {
    this.#status.hidden = !words;
    this.#status.textContent = words ?? '';
  }

  /** @param {boolean} on */
  dictation(on) {
    this.#microphone.hidden = !(on && canListen());
    if (!on) this.#stop?.();
  }

  close() {
    this.#stop?.();
  }

  /** @param {Event} event */
  #submit = (event) => {
    event.preventDefault();
    const text = this.#field.value.trim();
    const again = event.timeStamp - this.#sentAt < ONE_PRESS;
    if (!text && again) return;
    if (!text) {
      this.error(this.#t('send_empty'));
      return this.focus();
    }
    if (!this.#on.send(text)) return;
    this.#sentAt = event.timeStamp;
    this.#stop?.();
    this.error();
    this.text = '';
  };

  #typed = () => {
    if (!this.#error.hidden) this.error();
    this.#grow();
    this.#on.draft(this.#field.value);
  };

  /** @param {KeyboardEvent} event */
  #keys = (event) => {
    // While a word is being composed (Chinese, Japanese, some phone keyboards) Enter chooses the word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.node.requestSubmit();
  };

  #grow() {
    this.#field.style.blockSize = 'auto';
    this.#field.style.blockSize = `${this.#field.scrollHeight + 4}px`;
  }

  #dictate = async () => {
    if (this.#stop) return this.#stop();
    const { listen } = await import('./speech.js');
    const t = this.#t;
    const ended = (/** @type {boolean} */ failed) => {
      this.#stop = undefined;
      this.#microphone.textContent = t('dictate');
      this.status();
      if (failed) this.error(t('dictate_failed'));
    };
    this.#stop = listen(this.#lang, { onwords: (words) => { this.text = `${this.text} ${words}`.trim(); }, onend: ended });
    this.#microphone.textContent = t('dictate_stop');
    this.status(t('dictate_on'));
    this.#on.say(t('dictate_on'));
  };
}
