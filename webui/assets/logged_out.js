// Goes back to the service when its frames had their time. The Refresh header does the same, but only counts from when all of
// the page has loaded (HTML, "shared declarative refresh steps"): a frame that never ends would hold her here.
"use strict";
setTimeout(function () {
  location.replace(document.getElementById("back").href);
}, 4000);
