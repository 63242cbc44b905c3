/** Loaded only when someone turns reading aloud or speaking on. */

const VOICES_MS = 2000;

/** Some browsers look for their voices only when asked, and until they have them would use any voice. */
export async function voicesCome() {
  if (speechSynthesis.getVoices().length) return;
  await new Promise((done) => {
    speechSynthesis.addEventListener('voiceschanged', done, { once: true });
    setTimeout(done, VOICES_MS);
  });
}

/**
 * Reads words out with a voice that is on the device. Voices over the network would send what was said to someone else.
 *
 * @param {string} text
 * @param {string} lang
 * @returns {boolean} False when there is no such voice.
 */
export function speak(text, lang) {
  const voices = speechSynthesis.getVoices();
  const voice = voices.find((each) => each.localService && each.lang.startsWith(lang));
  if (voices.length && !voice) return false;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = lang;
  if (voice) words.voice = voice;
  speechSynthesis.speak(words);
  return true;
}

/**
 * Turns speech into words until it is stopped.
 *
 * @param {string} lang
 * @param {{ onwords: (words: string) => void, onend: (failed: boolean) => void }} handlers
 * @returns {() => void} Stops it.
 */
export function listen(lang, { onwords, onend }) {
  const { SpeechRecognition, webkitSpeechRecognition } = /** @type {any} */ (globalThis);
  const listener = new (SpeechRecognition ?? webkitSpeechRecognition)();
  let failed = false;
  listener.lang = lang === 'en' ? 'en-GB' : lang;
  listener.continuous = true;
  listener.onresult = (/** @type {any} */ event) => {
    for (let i = event.resultIndex; i < event.results.length; i += 1) {
      if (event.results[i].isFinal) onwords(event.results[i][0].transcript.trim());
    }
  };
  listener.onerror = () => { failed = true; };
  listener.onend = () => onend(failed);
  listener.start();
  return () => listener.stop();
}
