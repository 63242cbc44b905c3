import { CoproductionChat } from './element.js';

const TAG = 'coproduction-chat';

if (!customElements.get(TAG)) customElements.define(TAG, CoproductionChat);

// One line on a page is enough: with no element of ours on it, a button in the corner opens the chat.
if (!document.querySelector(TAG)) {
  const chat = document.createElement(TAG);
  chat.setAttribute('launcher', '');
  document.body.append(chat);
}
