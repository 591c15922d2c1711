(() => {
'use strict';
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
document.documentElement.classList.add('js');
const body = document.querySelector('.pt tbody'), rows = all('tr', body), chips = all('.chip');
const [find, status, cohort] = ['q', 'n', 'cohort'].map(id => document.getElementById(id));
rows.forEach(row => {
  row.keys = JSON.parse(row.dataset.s);
  row.words = (row.cells[0].textContent + ' ' + row.cells[6].textContent).toLowerCase();
});

function filter() {
  const verdicts = chips.filter(chip => chip.getAttribute('aria-pressed') == 'true').map(chip => chip.dataset.f);
  const text = find.value.toLowerCase();
  let shown = 0;
  rows.forEach(row => {
    const fits = (!verdicts.length || verdicts.includes(row.dataset.v)) && row.words.includes(text);
    row.hidden = !fits;
    shown += fits;
  });
  status.textContent = shown + ' of ' + rows.length + ' plans';
}
chips.forEach(chip => chip.onclick = () => {
  chip.setAttribute('aria-pressed', chip.getAttribute('aria-pressed') != 'true');
  filter();
});
find.oninput = filter;

// What has no key comes last, whichever way the column is sorted.
function compare(a, b, direction) {
  if (a === null || a === '' || b === null || b === '') return (a === null || a === '') - (b === null || b === '');
  return direction * (typeof a == 'number' ? a - b : a.localeCompare(b, undefined, {numeric: true}));
}
all('.so').forEach(button => button.onclick = () => {
  const head = button.closest('th'), key = button.dataset.k;
  const direction = head.getAttribute('aria-sort') == 'ascending' ? -1 : 1;
  all('th[aria-sort]').forEach(other => other.removeAttribute('aria-sort'));
  head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
  rows.sort((a, b) => compare(a.keys[key], b.keys[key], direction));
  body.append(...rows);
});

// A page that is still growing loads itself again, unless someone has filtered or sorted it.
let isUsed = false;
all('.chip, .so').forEach(button => button.addEventListener('click', () => { isUsed = true; }));
if (status.dataset.live) setInterval(() => {
  if (!isUsed && !find.value && !document.hidden) location.reload();
}, 1000 * status.dataset.live);

const marks = new Map();
all('.p').forEach(mark => marks.set(mark.dataset.id, [...marks.get(mark.dataset.id) || [], mark]));
let lit = [];
function light(id) {
  lit.forEach(mark => mark.classList.remove('hot'));
  lit = marks.get(id) || [];
  lit.forEach(mark => mark.classList.add('hot'));
  if (cohort) cohort.classList.toggle('dim', lit.length > 0);
}
rows.forEach(row => {
  row.onpointerenter = () => light(row.dataset.id);
  row.onpointerleave = () => light();
  row.addEventListener('focusin', () => light(row.dataset.id));
  row.addEventListener('focusout', () => light());
});
all('.p').forEach(mark => { mark.onpointerenter = () => light(mark.dataset.id); mark.onpointerleave = () => light(); });
})();
