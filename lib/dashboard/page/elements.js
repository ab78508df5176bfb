// Making elements. Everything that comes from the app goes in as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element with properties, `data` for its dataset, `role` and `aria` for attributes. */
export function element(tag, properties = {}, ...children) {
  const { data, attributes = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * Puts new children in a list's place, and keeps the focus where it was: on what has the same
 * `data-key` now. Returns whether the focus is lost: what had it is gone.
 */
export function replaceChildren(list, children) {
  const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
  list.replaceChildren(...children);
  if (focused === undefined) return false;
  const same = list.querySelector(`[data-key="${CSS.escape(focused.dataset.key ?? '')}"]`);
  same?.focus({ preventScroll: true });
  return same === null;
}
