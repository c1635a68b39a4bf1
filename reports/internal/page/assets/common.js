"use strict";
// What the other scripts share. Text from the record only ever becomes text nodes.
const data = JSON.parse(document.getElementById("data").textContent);

// el makes an element with attributes and children; strings become text.
function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") e.className = value;
    else if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value === true) e.setAttribute(key, "");
    else if (value !== false && value != null) e.setAttribute(key, value);
  }
  for (const c of children.flat()) {
    if (c != null && c !== false && c !== "") e.append(c);
  }
  return e;
}

function byId(id) { return document.getElementById(id); }

// badge shows a state; the word says it, the colour only helps.
function badge(state) { return el("span", {class: "state " + String(state).split(" ")[0].replace(/[^a-z]/g, "")}, state); }

// visible shows control and direction characters as escapes.
function visible(text) {
  return String(text == null ? "" : text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

// ms shows seconds as milliseconds with about three digits.
function ms(s) {
  const v = s * 1000;
  return v === 0 ? "0" : v < 1 ? v.toFixed(3) : v < 10 ? v.toFixed(2) : v < 100 ? v.toFixed(1) : v.toFixed(0);
}

// copier is a button that copies a text.
function copier(text) {
  const b = el("button", {type: "button", class: "small"}, "Copy");
  const unseen = el("span", {class: "unseen"}, " the curl line");
  b.append(unseen);
  b.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = el("textarea", {"aria-hidden": "true"});
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      b.focus();
    }
    b.textContent = done ? "Copied" : "Select and copy by hand";
    setTimeout(() => { b.textContent = "Copy"; b.append(unseen); }, 2000);
  });
  return b;
}
