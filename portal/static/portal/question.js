// The form for questions: a little work that shows that a browser sends it, and the device's position. It goes without either.
const form = document.querySelector("[data-ask]");
if (form) {
  const BITS = 16;
  const token = form.elements.token.value;
  const work = form.elements.work;

  // SHA-256 of a short ASCII text; the browser's own is not there without TLS, and waits between any two.
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const part = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  const K = primes.map((p) => part(Math.cbrt(p)));
  const START = primes.slice(0, 8).map((p) => part(Math.sqrt(p)));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const W = new Int32Array(64);
  const firstWord = (text) => {
    const bytes = new Uint8Array((((text.length + 8) >> 6) + 1) << 6);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    bytes[text.length] = 0x80;
    const view = new DataView(bytes.buffer);
    view.setUint32(bytes.length - 4, text.length * 8);
    let h = START;
    for (let at = 0; at < bytes.length; at += 64) {
      for (let i = 0; i < 16; i++) W[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 64; i++) {
        const a = W[i - 15], b = W[i - 2];
        W[i] = (W[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + W[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
      }
      let [a, b, c, d, e, f, g, k] = h;
      for (let i = 0; i < 64; i++) {
        const one = (k + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        k = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      h = [h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e, h[5] + f, h[6] + g, h[7] + k].map((x) => x | 0);
    }
    return h[0] >>> 0;
  };
  let number = 0;
  const step = () => {
    for (const until = performance.now() + 20; performance.now() < until; number++) {
      if (firstWord(`${token}:${number}`) >>> (32 - BITS) === 0) {
        work.value = String(number);
        return;
      }
    }
    setTimeout(step, 10);
  };
  setTimeout(step, 100);

  if (navigator.geolocation && window.isSecureContext) {
    const line = form.querySelector(".ask-here");
    const state = form.querySelector("[data-here-state]");
    line.hidden = false;
    form.querySelector("[data-here]").addEventListener("click", () => {
      state.textContent = "…";
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          form.elements.place.value = `${coords.longitude.toFixed(6)}, ${coords.latitude.toFixed(6)}`;
          form.elements.crs.selectedIndex = 0;
          state.textContent = "✓";
        },
        () => { state.textContent = state.dataset.failed; },
        { enableHighAccuracy: true, timeout: 15000 },
      );
    });
  }
}
