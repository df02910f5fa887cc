// A browser may keep a whole page when one leaves it, and show it again at "Back" without asking the server: Chromium keeps
// pages with Cache-Control: no-store too, as long as no cookie of theirs changes. Her login may have ended since, from
// another device. So a page is kept blank, and asked for anew when it comes back (HTML, "page transition events").
"use strict";
addEventListener("pagehide", function (event) {
  if (event.persisted) document.documentElement.hidden = true;
});
addEventListener("pageshow", function (event) {
  if (event.persisted) location.replace(location.pathname + location.search);
});
