"use strict";
// All of this is an enhancement: without it every text of the page is there, behind its <details>.
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("page-filters");
  const search = byId("page-search");
  const shown = byId("page-shown");
  const words = ["failing", "differs", "critical"];
  const table = byId("page-matrix").querySelector("table");
  const sections = [...table.tBodies].map((body) => ({ body, rows: [...body.rows].slice(1) }));
  const total = sections.reduce((sum, section) => sum + section.rows.length, 0);
  const contents = new Map();

  const contentOf = (row) => {
    if (!contents.has(row)) contents.set(row, row.textContent.toLowerCase());
    return contents.get(row);
  };

  const apply = () => {
    const wanted = words.filter((word) => form.elements[word] && form.elements[word].checked);
    const sought = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (element) => {
      const held = element.dataset.is.split(" ");
      return wanted.every((word) => held.includes(word));
    };
    let count = 0;
    for (const { body, rows } of sections) {
      let any = false;
      for (const row of rows) {
        const visible = fits(row) && sought.every((word) => contentOf(row).includes(word));
        row.hidden = !visible;
        any = any || visible;
        count += visible ? 1 : 0;
        if (visible) for (const test of row.querySelectorAll("tbody")) test.hidden = !fits(test);
      }
      body.hidden = !any;
    }
    shown.textContent = `${count} of ${total} requirements shown`;
  };

  const reset = () => {
    form.reset();
    apply();
  };

  const reveal = () => {
    let target = null;
    try {
      target = byId(decodeURIComponent(location.hash.slice(1)));
    } catch (error) {
      return; // not an address of this page
    }
    if (!target) return;
    if (target.closest("[hidden]")) reset();
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    (target.closest("tr") || target).scrollIntoView({ block: "nearest" });
  };

  const setAll = (open) => {
    for (const { rows } of sections) {
      for (const row of rows) {
        if (!row.hidden) row.querySelector("details").open = open;
      }
    }
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("page-open").addEventListener("click", () => setAll(true));
  byId("page-close").addEventListener("click", () => setAll(false));
  byId("page-reset").addEventListener("click", reset);
  addEventListener("hashchange", reveal);
  apply();
  reveal();
})();
