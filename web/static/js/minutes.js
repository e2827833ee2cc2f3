// Says how long something lasts, in the page's digits: "1:07".

export function minutes(ms) {
  const seconds = Math.round(ms / 1000);
  return `${number(Math.floor(seconds / 60), { minimumIntegerDigits: 1 })}:${number(seconds % 60, { minimumIntegerDigits: 2 })}`;
}

/** A part of a whole: "45%". */
export function percent(part) {
  return number(part, { style: "percent" });
}

function number(value, how) {
  const { lang, dataset } = document.documentElement;
  return new Intl.NumberFormat(lang, { numberingSystem: dataset.numerals || "latn", useGrouping: false, ...how }).format(value);
}
