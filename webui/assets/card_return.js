// Takes the answer of the card program out of the fragment, removes it from the address, and posts it.
// Without script the page offers a box to paste the address into.
"use strict";
(function () {
  var fragment = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);

  function show(id, visible) {
    document.getElementById(id).hidden = !visible;
  }

  function failed() {
    show("waiting", false);
    show("failed", true);
    show("manual", true);
    document.getElementById("response").value = fragment;
  }

  function isOurs(path) {
    return typeof path === "string" && path.charAt(0) === "/" && path.charAt(1) !== "/" && path.indexOf("\\") < 0;
  }

  if (document.getElementById("problems")) {
    document.getElementById("problems").focus();
    return;
  }
  show("manual", false);
  if (fragment === "") {
    show("gone", true);
    return;
  }
  show("waiting", true);
  fetch("/login/card/complete", {
    method: "POST",
    credentials: "same-origin",
    redirect: "error",
    cache: "no-store",
    headers: { "Content-Type": "application/json", "X-Genkan-Card": "1" },
    body: JSON.stringify({ response: fragment })
  }).then(function (answer) {
    return answer.json();
  }).then(function (result) {
    if (!isOurs(result.next)) throw new Error("no way on");
    location.replace(result.next);
  }).catch(failed);
})();
