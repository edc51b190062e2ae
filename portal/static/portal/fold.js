// Long parts of a page are folded on a phone. Without a script, on a desk and on paper they stand open.
const phone = matchMedia("screen and (max-width: 47.99em)");
const folds = [...document.querySelectorAll("details.fold")];
const aim = document.getElementById(location.hash.slice(1));
const unfold = () => folds.forEach((fold) => { fold.open = true; });
const fold = () => folds.forEach((part) => { part.open = part.contains(aim); });
if (phone.matches) {
  fold();
  if (aim) aim.scrollIntoView();
}
phone.addEventListener("change", () => (phone.matches ? fold() : unfold()));
let before = [];
addEventListener("beforeprint", () => {
  before = folds.map((part) => part.open);
  unfold();
});
addEventListener("afterprint", () => folds.forEach((part, i) => { part.open = before[i] ?? true; }));
