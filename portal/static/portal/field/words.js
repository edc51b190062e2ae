// The words of the page in the reader's language; both languages are on the phone, so it can be changed without a network.

export const config = JSON.parse(document.getElementById("field-config").textContent);

const LANGUAGE = "django_language"; // the cookie that every page of the product goes by

export function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

export function language() {
  const wanted = [cookie(LANGUAGE), ...navigator.languages].map((name) => name.toLowerCase());
  for (const name of wanted) {
    if (name.startsWith("zh")) return "zh-hans";
    if (name.startsWith("en")) return "en";
  }
  return "zh-hans";
}

export function setLanguage(name) {
  document.cookie = `${LANGUAGE}=${name}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

// %(name)s is filled in; `…_one` is the form for exactly one.
export function say(key, values) {
  const words = config.words[language()];
  const one = values && values.n === 1 && words[`${key}_one`];
  return (one || words[key] || key).replace(/%\((\w+)\)s/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
}

// The word of a code: choice("state", "met").
export function choice(kind, code) {
  return config.choices[language()][kind][code] ?? code;
}

const locale = () => (language() === "en" ? "en-GB" : "zh-CN");

export function dayWords(iso) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${iso}T00:00:00Z`));
}

// "14:05, 22 Nov", "11月22日 14:05"
export function momentWords(time) {
  const day = { day: "numeric", month: language() === "en" ? "short" : "long", timeZone: config.timeZone };
  const clock = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: config.timeZone };
  const at = new Date(time);
  return say("moment", {
    day: new Intl.DateTimeFormat(locale(), day).format(at),
    time: new Intl.DateTimeFormat(locale(), clock).format(at),
  });
}
