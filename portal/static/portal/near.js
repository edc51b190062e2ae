// "Near me": asks the browser for a position, rounds it to about a kilometre, and opens the list sorted by distance from there.
const box = document.querySelector("[data-near]");
if (box && navigator.geolocation && window.isSecureContext) {
  const button = box.querySelector("[data-near-button]");
  const state = box.querySelector("[data-near-state]");
  box.hidden = false;
  button.addEventListener("click", () => {
    state.textContent = state.dataset.asking;
    button.disabled = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const query = new URLSearchParams(button.dataset.query);
        query.set("near", `${coords.longitude.toFixed(2)},${coords.latitude.toFixed(2)}`);
        query.set("radius", "100000");
        query.set("ordering", "distance");
        location.assign(`${location.pathname}?${query.toString().replaceAll("%2C", ",")}`);
      },
      () => {
        state.textContent = state.dataset.refused;
        button.disabled = false;
      },
      { timeout: 20000, maximumAge: 300000 },
    );
  });
}
