const search = document.getElementById("search");
const count = document.getElementById("count");
const articles = [...document.querySelectorAll("article")];
const texts = new Map(articles.map((article) => [article, article.textContent.toLowerCase()]));

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const article of articles) {
    const isFound = words.every((word) => texts.get(article).includes(word));
    article.hidden = !isFound;
    if (isFound) found += 1;
    document.querySelector(`[data-for="${article.id}"]`).hidden = !isFound;
  }
  for (const group of document.querySelectorAll("nav section")) {
    group.hidden = group.querySelector("li:not([hidden])") === null;
  }
  count.textContent = words.length === 0 ? "" : `${found} of ${articles.length}`;
}

search.addEventListener("input", show);
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape") {
    search.value = "";
    show();
  }
});
// A link to what a search has hidden shows it again.
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.hidden !== true) return;
  search.value = "";
  show();
  target.scrollIntoView();
});
