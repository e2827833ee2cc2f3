// What every page does once its script has arrived: send each form once, take times to the reader's city, count down, hear news.
import { showLocalTimes } from "./local-time.js";
import { sendOnce } from "./once.js";

sendOnce(document);
showLocalTimes(document);
if (document.querySelector("[data-countdown]")) import("./page-countdown.js").then(({ countDownPage }) => countDownPage(document));
if (document.querySelector("[data-live]")) import("./mirror-news.js").then(({ hearMirror }) => hearMirror(document));
if (document.querySelector("[data-words]")) import("./word-count.js").then(({ countWords }) => countWords(document));
