// Draws the view again by asking for its own address; what is being read, typed or pointed at stays as it is.
"use strict";
(() => {
  const every = 1000 * Number(document.body.dataset.refresh);
  if (!every) return;
  const stale = document.getElementById("stale");
  const parser = new DOMParser();

  const busy = () => {
    const live = document.getElementById("live");
    const selected = document.getSelection();
    return (selected && !selected.isCollapsed && live.contains(selected.anchorNode)) || live.matches(":has(.tag:hover, .tip:hover)");
  };

  const put = (fresh, id) => {
    const now = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (!now || !next || now.innerHTML === next.innerHTML) return;
    const inside = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = [...now.querySelectorAll("details")].map((one) => one.open);
    now.replaceChildren(...next.childNodes);
    now.querySelectorAll("details").forEach((one, n) => { one.open = open[n] || false; });
    if (inside) [...now.querySelectorAll("a")].find((one) => one.getAttribute("href") === inside)?.focus({ preventScroll: true });
  };

  const draw = async () => {
    if (!document.hidden && !busy()) {
      try {
        const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, cache: "no-store", signal: AbortSignal.timeout(every) });
        const fresh = parser.parseFromString(await answer.text(), "text/html");
        if (!answer.ok) throw new Error(fresh.querySelector("main .notice")?.textContent || `the page answers ${answer.status}`);
        for (const id of ["live", "pulse"]) put(fresh, id);
        const drawn = fresh.getElementById("drawn");
        document.getElementById("drawn").replaceWith(drawn);
        stale.hidden = true;
      } catch (error) {
        stale.textContent = `What you see is of ${document.getElementById("drawn").textContent}: ${error.message}`;
        stale.hidden = false;
      }
    }
    setTimeout(draw, every);
  };

  setTimeout(draw, every);
})();
