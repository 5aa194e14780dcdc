// The keys go to the inbox without a click: when it appears, and when one comes back to the page.
const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();
addEventListener("focus", focus);
addEventListener("DOMContentLoaded", () => {
  const seen = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      seen.disconnect();
      focus();
    }
  });
  seen.observe(document.body, { attributes: true, attributeFilter: ["class"] });
});
