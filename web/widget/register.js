import { CoproductionChat } from './element.js';

const NAME = 'coproduction-chat';

if (!customElements.get(NAME)) customElements.define(NAME, CoproductionChat);

// One line on a page is enough: with no element of ours on it, a button in the corner opens the chat.
if (!document.querySelector(NAME)) {
  const chat = document.createElement(NAME);
  chat.setAttribute('launcher', '');
  document.body.append(chat);
}
