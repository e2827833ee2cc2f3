// What every page does once its script has arrived: send each form once, take times to the reader's city.
import { sendOnce } from "./once.js";
import { showLocalTimes } from "./local-time.js";

sendOnce(document);
showLocalTimes(document);
