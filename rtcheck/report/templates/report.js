(() => {
'use strict';
const D = document;
const all = (selector, root = D) => [...root.querySelectorAll(selector)];
const byId = id => D.getElementById(id);
const set = (element, attributes) => { for (const name in attributes) element.setAttribute(name, attributes[name]); };
const percent = share => share * 100 + '%';
D.documentElement.classList.add('js');

// Details of the constraints open one by one, all at once, and from the tally.
const toggles = all('.tg'), openAll = byId('all');
const isOpen = button => button.getAttribute('aria-expanded') == 'true';
const open = (button, on) => { set(button, {'aria-expanded': on}); button.closest('tbody').classList.toggle('open', on); };
const nameOpenAll = () => { if (openAll) openAll.textContent = toggles.every(isOpen) ? 'Close all details' : 'Open all details'; };
toggles.forEach(button => button.onclick = () => { open(button, !isOpen(button)); nameOpenAll(); });
if (openAll) openAll.onclick = () => { const on = !toggles.every(isOpen); toggles.forEach(button => open(button, on)); nameOpenAll(); };
all('.tally a').forEach(link => link.onclick = () => { const button = D.querySelector(link.hash + ' .tg'); if (button) open(button, true); });
onbeforeprint = () => all('details').forEach(details => details.open = true);

// The DVH: the curves' numbers are read from their paths, so they stand in the file once.
const plot = byId('dvh');
if (!plot) return;
const view = plot.querySelector('.cv'), grid = plot.querySelector('.gr'), line = plot.querySelector('.cur'), box = plot.querySelector('.sel');
const doseEnd = +plot.dataset.max, step = +plot.dataset.step, prescription = +plot.dataset.rx || 0;
const curves = all('.lg tbody tr').map(row => ({
  row, volume: +row.dataset.cc, shown: true,
  button: row.querySelector('button'), cell: row.querySelector('.at'),
  parts: all('.' + row.dataset.n, plot),
  path: view.querySelector('[data-n=' + row.dataset.n + ']'),
  values: view.querySelector('[data-n=' + row.dataset.n + ']').getAttribute('d').slice(1).split(' ').map(pair => +pair.split(',')[1]),
}));
let inCc = false, inPercentDose = false, zoom = null, cursor = -1, window_ = [0, 1, 0, 1];
const scaleOf = curve => inCc ? curve.volume / 100 : 1;
const atX = dose => (dose - window_[0]) / (window_[1] - window_[0]);
const atY = volume => (window_[3] - volume) / (window_[3] - window_[2]);
const doseUnit = () => inPercentDose ? prescription / 100 : 1;

function ticks(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough)), m = rough / power;
  const size = power * (m > 5 ? 10 : m > 2 ? 5 : m > 1 ? 2 : 1), marks = [];
  for (let n = Math.ceil(low / size); n * size <= high * 1.0001; n++) marks.push(+(n * size).toFixed(5));
  return marks;
}
function read() {
  const isOn = cursor >= window_[0] && cursor <= window_[1], place = cursor / step, index = Math.floor(place);
  line.classList.toggle('off', !isOn);
  if (isOn) set(line, {x1: percent(atX(cursor)), x2: percent(atX(cursor))});
  byId('at').textContent = isOn ? 'at ' + (cursor / doseUnit()).toFixed(1) + (inPercentDose ? ' %' : ' Gy') : 'at cursor';
  curves.forEach(curve => {
    const here = curve.values[index] || 0, next = curve.values[index + 1] || 0;
    const volume = (here + (next - here) * (place - index)) * scaleOf(curve);
    curve.cell.textContent = isOn ? volume.toFixed(volume < 1 ? 2 : 1) + (inCc ? ' cc' : ' %') : '';
  });
}
function draw() {
  const top = inCc ? Math.max(1, ...curves.map(curve => curve.shown * curve.volume)) : 100;
  window_ = zoom || [0, doseEnd, 0, top];
  const [left, right, bottom, upper] = window_;
  set(view, {viewBox: [left, -upper, right - left, upper - bottom].join(' ')});
  curves.forEach(curve => curve.parts.forEach(part => {
    const {x, y} = part.dataset;
    if (x === undefined) { part.classList.toggle('off', !curve.shown); set(part, {transform: `scale(1,${-scaleOf(curve)})`}); return; }
    const px = atX(+x), py = +y ? atY(y * scaleOf(curve)) : bottom > 0 ? 2 : 1;
    part.classList.toggle('off', !curve.shown || px < 0 || px > 1 || py < 0 || py > 1.001);
    set(part, {x: percent(px), y: percent(py)});
  }));
  grid.innerHTML = ticks(left / doseUnit(), right / doseUnit()).map(mark => {
    const x = percent(atX(mark * doseUnit()));
    return `<line x1="${x}" x2="${x}" y2="100%"/><text x="${x}" y="100%" dy="16" text-anchor="middle">${mark}</text>`;
  }).join('') + ticks(bottom, upper).map(mark => {
    const y = percent(atY(mark));
    return `<line y1="${y}" y2="${y}" x2="100%"/><text y="${y}" dx="-8" dy="4" text-anchor="end">${mark}</text>`;
  }).join('');
  byId('yu').textContent = `Volume [${inCc ? 'cc' : '%'}]`;
  byId('xu').textContent = `Dose [${inPercentDose ? '% of ' + prescription + ' Gy' : 'Gy'}]`;
  byId('rz').hidden = !zoom;
  read();
}
const showAll = () => { zoom = null; draw(); };
function zoomBy(factor, centre) {
  const width = Math.min(doseEnd, (window_[1] - window_[0]) * factor), share = atX(centre);
  const left = Math.min(Math.max(0, centre - share * width), doseEnd - width);
  zoom = width >= doseEnd * 0.999 && window_[3] - window_[2] >= 99 ? null : [left, left + width, window_[2], window_[3]];
  draw();
}

// Mouse: point to read, drag to zoom. Touch: slide to read, pinch to zoom. Keys: arrows, plus, minus, Escape.
const within = value => Math.min(1, Math.max(0, value));
const placeOf = event => { const r = plot.getBoundingClientRect(); return [within((event.clientX - r.x) / r.width), within((event.clientY - r.y) / r.height)]; };
const spans = (from, to) => [0, 1].map(i => [Math.min(from[i], to[i]), Math.abs(from[i] - to[i])]);
const touches = new Map();
let start = null, spread = 0;
plot.onpointerdown = event => {
  if (event.pointerType == 'touch') { touches.set(event.pointerId, event.clientX); spread = 0; }
  else { start = placeOf(event); plot.setPointerCapture(event.pointerId); }
};
plot.onpointermove = event => {
  const place = placeOf(event), dose = window_[0] + place[0] * (window_[1] - window_[0]);
  if (touches.has(event.pointerId)) touches.set(event.pointerId, event.clientX);
  if (touches.size == 2) {
    const [a, b] = [...touches.values()], distance = Math.abs(a - b) || 1;
    if (spread) zoomBy(spread / distance, dose);
    spread = distance;
    return;
  }
  cursor = dose;
  read();
  if (start) { const [h, v] = spans(start, place); set(box, {class: 'sel', x: percent(h[0]), width: percent(h[1]), y: percent(v[0]), height: percent(v[1])}); }
};
plot.onpointerup = event => {
  touches.delete(event.pointerId);
  if (!start) return;
  const [h, v] = spans(start, placeOf(event)), [left, right, bottom, upper] = window_;
  start = null;
  set(box, {class: 'sel off'});
  if (h[1] > .02 && v[1] > .02) {
    zoom = [left + h[0] * (right - left), left + (h[0] + h[1]) * (right - left), upper - (v[0] + v[1]) * (upper - bottom), upper - v[0] * (upper - bottom)];
    draw();
  }
};
plot.onpointercancel = event => { touches.delete(event.pointerId); start = null; set(box, {class: 'sel off'}); };
plot.onpointerleave = event => { if (!start && event.pointerType != 'touch') { cursor = -1; read(); } };
plot.ondblclick = byId('rz').onclick = showAll;
plot.onkeydown = event => {
  const move = {ArrowLeft: -1, ArrowRight: 1}[event.key], middle = (window_[0] + window_[1]) / 2;
  if (move) {
    const size = Math.max(step, 0.5) * (event.shiftKey ? 10 : 1);
    cursor = Math.min(doseEnd, Math.max(0, (cursor >= 0 ? cursor : middle) + move * size));
    read();
    event.preventDefault();
  }
  if (event.key == '+' || event.key == '=') zoomBy(0.7, cursor >= 0 ? cursor : middle);
  if (event.key == '-') zoomBy(1 / 0.7, cursor >= 0 ? cursor : middle);
  if (event.key == 'Escape') showAll();
};

// The legend: select a name to hide its curve, point at it to see it alone.
const emphasise = hot => { view.classList.toggle('dim', !!hot); curves.forEach(curve => curve.parts.forEach(part => part.classList.toggle('hot', curve == hot))); };
curves.forEach(curve => {
  curve.button.onclick = () => { curve.shown = !curve.shown; set(curve.button, {'aria-pressed': curve.shown}); draw(); };
  curve.row.onpointerenter = event => { if (event.pointerType == 'mouse') emphasise(curve); };
  curve.row.onpointerleave = () => emphasise(null);
});
const choice = (id, change) => all('#' + id + ' .btn').forEach((button, index, both) => button.onclick = () => {
  both.forEach(other => set(other, {'aria-pressed': other == button}));
  change(index == 1);
});
choice('volume-axis', on => { inCc = on; showAll(); });
choice('dose-axis', on => { inPercentDose = on; draw(); });
draw();
})();
