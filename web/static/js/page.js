// What every page does once its script has arrived: send each form once, take times to the reader's city, count down.
import { showLocalTimes } from "./local-time.js";
import { sendOnce } from "./once.js";

sendOnce(document);
showLocalTimes(document);
if (document.querySelector("[data-countdown]")) import("./page-countdown.js").then(({ countDownPage }) => countDownPage(document));
